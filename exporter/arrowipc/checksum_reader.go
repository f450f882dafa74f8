package arrowipc

import (
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// checksumReader is the file under its reader. While it is on, it computes the checksum of
// all bytes in their order, those between two reads as well.
type checksumReader struct {
	from io.ReaderAt
	on   bool
	at   int64
	sum  uint32
	// loaded are the bytes of the file at place.
	loaded []byte
	place  int64
}

// start begins at the start of the file.
func (s *checksumReader) start() { s.on, s.at, s.sum = true, 0, 0 }

// ReadAt implements io.ReaderAt.
func (s *checksumReader) ReadAt(p []byte, offset int64) (int, error) {
	if begin := offset - s.place; begin >= 0 && begin+int64(len(p)) <= int64(len(s.loaded)) {
		return copy(p, s.loaded[begin:]), nil
	}
	return s.read(p, offset)
}

// load reads bytes that are read again from memory; none forgets them.
func (s *checksumReader) load(place, size int64) ([]byte, error) {
	s.loaded = slices.Grow(s.loaded[:0], int(size))[:size]
	if n, err := s.read(s.loaded, place); int64(n) < size {
		s.loaded = s.loaded[:0]
		return nil, fmt.Errorf("read the file: %w", err)
	}
	s.place = place
	return s.loaded, nil
}

func (s *checksumReader) read(p []byte, offset int64) (int, error) {
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

func (s *checksumReader) add(p []byte) {
	s.sum = crc32.Update(s.sum, crc32.IEEETable, p)
	s.at += int64(len(p))
}

// reach adds all bytes before offset.
func (s *checksumReader) reach(offset int64) error {
	if offset < s.at {
		return fmt.Errorf("%w: its parts overlap at %d", errDamaged, offset)
	}
	part := make([]byte, min(offset-s.at, gapBytes))
	for s.at < offset {
		part = part[:min(offset-s.at, gapBytes)]
		if n, err := s.from.ReadAt(part, s.at); n < len(part) {
			return fmt.Errorf("read between two batches: %w", err)
		}
		s.add(part)
	}
	return nil
}

// gapBytes is how much is read at once between batches, which is where the schema is.
const gapBytes = 64 << 10
