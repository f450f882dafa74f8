package arrowipc

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// DataSumKey is the key, beside the manifest's, of the CRC-32 (IEEE) of all bytes
// before the footer, as eight hexadecimal digits.
const DataSumKey = "lemexport.data.crc32"

// endOfStream ends the batches, for readers that take the file as a stream (Arrow
// columnar format, "IPC Streaming Format"): the marker of a message, and a length of 0.
// All before it has lengths that are multiples of eight, as it has. The library's
// FileWriter leaves it out; so did earlier versions.
const endOfStream = "\xff\xff\xff\xff\x00\x00\x00\x00"

// noDigits is the placeholder of the footer's checksum while it is computed.
func noDigits() string { return strings.Repeat("0", 2*sha256.Size) }

// footerDigits are the digits of the footer's own checksum in the end of a file,
// which begins with the footer.
func footerDigits(end []byte) (digits []byte, err error) {
	defer catch(&err)
	w := flatbuffer{data: end}
	root := w.u32(0)
	at, ok := w.slot(root, footerSchema)
	if !ok {
		return nil, errors.New("the footer has no schema")
	}
	first, count := w.vector(at+w.u32(at), schemaMetadata, tableOffsetSize)
	for i := range count {
		at := first + i*tableOffsetSize
		pair := at + w.u32(at)
		if string(w.text(pair, pairKey)) == exporter.FooterHashKey {
			if digits = w.text(pair, pairValue); len(digits) == len(noDigits()) {
				return digits, nil
			}
		}
	}
	return nil, errors.New("the footer does not hold its checksum")
}

// checkFooterHash compares the end of a file with its checksum, stated there.
func checkFooterHash(end []byte) error {
	digits, err := footerDigits(end)
	if err != nil {
		return fmt.Errorf("%w: %w", exporter.ErrAltered, err)
	}
	stated := string(digits)
	copy(digits, noDigits())
	sum := sha256.Sum256(end)
	copy(digits, stated)
	if hex.EncodeToString(sum[:]) != stated {
		return fmt.Errorf("%w: its footer does not match its checksum", exporter.ErrAltered)
	}
	return nil
}
