package arrowipc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
)

// DataSumKey is the key, beside the manifest's, of the CRC-32 (IEEE) of all bytes
// before the footer, as eight hexadecimal digits.
const DataSumKey = "lemexport.data.crc32"

// endOfStream ends the batches, for readers that take the file as a stream (Arrow
// columnar format, "IPC Streaming Format"): the mark of a message, and no length.
// All before it has lengths that are multiples of eight, as it has. The library's
// FileWriter leaves it out; so did earlier versions.
const endOfStream = "\xff\xff\xff\xff\x00\x00\x00\x00"

// writeFooter completes the schema of the footer and writes it, with its checksum.
// The checksums stand before the manifest: a file that has lost the end of its
// metadata is no export, rather than one without checksums.
func (s *sink) writeFooter(manifest []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := io.WriteString(s.place, endOfStream); err != nil {
		return err
	}
	// The writer keeps the schema that it was given for the footer.
	*s.schema = *withMetadata(s.schema,
		DataSumKey, fmt.Sprintf("%08x", s.place.sum),
		exporter.FooterHashKey, noDigits(),
		RowsKey, strconv.FormatInt(s.rows, 10),
		exporter.ManifestKey, string(manifest))
	var end bytes.Buffer
	s.place.to = &end
	if err := s.writer.Close(); err != nil {
		return err
	}
	digits, err := footerDigits(end.Bytes())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(end.Bytes())
	hex.Encode(digits, sum[:])
	_, err = s.out.Write(end.Bytes())
	return err
}

// begin has the writer write the schema, if no batch made it do so: a batch without rows does.
func (s *sink) begin() error {
	if s.place.at > 0 {
		return nil
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, s.schema)
	defer builder.Release()
	empty := builder.NewRecord()
	defer empty.Release()
	return s.writer.Write(empty)
}

// noDigits stands in place of the footer's checksum while it is computed.
func noDigits() string { return strings.Repeat("0", 2*sha256.Size) }

// footerDigits are the digits of the footer's own checksum in the end of a file,
// which begins with the footer.
func footerDigits(end []byte) (digits []byte, err error) {
	defer catch(&err)
	w := walker{data: end}
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

// summing is the file under its reader. While it is on, it computes the checksum of
// all bytes in their order: of those that are read as they are, of those between as well.
type summing struct {
	from io.ReaderAt
	on   bool
	at   int64
	sum  uint32
	// loaded are the bytes of the file at place.
	loaded []byte
	place  int64
}

// start begins at the start of the file.
func (s *summing) start() { s.on, s.at, s.sum = true, 0, 0 }

// ReadAt implements io.ReaderAt.
func (s *summing) ReadAt(p []byte, offset int64) (int, error) {
	if begin := offset - s.place; begin >= 0 && begin+int64(len(p)) <= int64(len(s.loaded)) {
		return copy(p, s.loaded[begin:]), nil
	}
	return s.read(p, offset)
}

// load reads bytes that are read again from memory; none forgets them.
func (s *summing) load(place, size int64) ([]byte, error) {
	s.loaded = slices.Grow(s.loaded[:0], int(size))[:size]
	if n, err := s.read(s.loaded, place); int64(n) < size {
		s.loaded = s.loaded[:0]
		return nil, fmt.Errorf("read the file: %w", err)
	}
	s.place = place
	return s.loaded, nil
}

func (s *summing) read(p []byte, offset int64) (int, error) {
	if !s.on {
		return s.from.ReadAt(p, offset)
	}
	if err := s.reach(offset); err != nil {
		return 0, err
	}
	n, err := s.from.ReadAt(p, offset)
	s.add(p[:n])
	return n, err
}

func (s *summing) add(p []byte) {
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p)
	s.at += int64(len(p))
}

// reach adds all bytes before offset.
func (s *summing) reach(offset int64) error {
	if offset < s.at {
		return fmt.Errorf("%w: its parts overlap at %d", errDamaged, offset)
	}
	part := make([]byte, min(offset-s.at, gapBytes))
	for s.at < offset {
		part = part[:min(offset-s.at, gapBytes)]
		if n, err := s.from.ReadAt(part, s.at); n < len(part) {
			return fmt.Errorf("read what no batch holds: %w", err)
		}
		s.add(part)
	}
	return nil
}

// gapBytes is how much is read at once of what no batch holds: the schema.
const gapBytes = 64 << 10
