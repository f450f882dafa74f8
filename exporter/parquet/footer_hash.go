package parquet

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// DataHashKey is the footer's key of the SHA-256, in hexadecimal, of all bytes before
// the footer but the bodies of pages: each page header holds the CRC-32 of its body.
const DataHashKey = "lemexport.data.sha256"

// noDigits is the placeholder of a checksum while it is computed.
func noDigits() string { return strings.Repeat("0", 2*sha256.Size) }

// footerDigits are the digits of the footer's own checksum in the end of a file,
// which begins with the footer. JSON cannot contain what is before them.
func footerDigits(tail []byte) ([]byte, error) {
	pair, err := thrift.Marshal(new(thrift.CompactProtocol), &format.KeyValue{Key: exporter.FooterHashKey, Value: noDigits()})
	if err != nil {
		return nil, err
	}
	prefix := pair[:bytes.Index(pair, []byte(noDigits()))]
	at := bytes.Index(tail, prefix)
	if at < 0 || len(tail)-at < len(pair) {
		return nil, errors.New("the footer does not hold its checksum")
	}
	at += len(prefix)
	return tail[at : at+2*sha256.Size], nil
}

// checkFooterHash compares the footer of a file with its checksum, stated there.
func checkFooterHash(tail []byte, stated string) error {
	digits, err := footerDigits(tail)
	if err != nil {
		return fmt.Errorf("%w: %w", exporter.ErrAltered, err)
	}
	was := bytes.Clone(digits)
	copy(digits, noDigits())
	sum := sha256.Sum256(tail)
	copy(digits, was)
	if hex.EncodeToString(sum[:]) != stated {
		return fmt.Errorf("%w: its footer does not match its checksum", exporter.ErrAltered)
	}
	return nil
}
