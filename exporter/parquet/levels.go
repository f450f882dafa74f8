package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/parquet-go/parquet-go/encoding/rle"
)

// checkRuns walks the runs of repetition levels, definition levels or
// dictionary indices (parquet-format, Encodings.md, "RLE / Bit-Packing Hybrid") and
// checks that they end where the page says and are as many as its values.
// Otherwise a wrong length would shift the values that follow, and a few bytes could
// state any number of values.
func checkRuns(data []byte, width uint64, values int) error {
	var found uint64
	for left := data; len(left) > 0; {
		head, n := binary.Uvarint(left)
		if n <= 0 {
			return fmt.Errorf("%w: a run is truncated", errDamaged)
		}
		left = left[n:]
		count, size := head>>1, (width+7)/8
		if head&1 == 1 { // groups of eight, packed
			if count > uint64(len(left)) {
				return fmt.Errorf("%w: a run is too long", errDamaged)
			}
			count, size = count*8, count*width
		}
		if size > uint64(len(left)) || count == 0 || count >= uint64(values)+8 {
			return fmt.Errorf("%w: a run of %d for %d values in %d bytes", errDamaged, count, values, len(left))
		}
		left = left[size:]
		found += count
	}
	if found < uint64(values) || found >= uint64(values)+8 {
		return fmt.Errorf("%w: runs of %d for %d values", errDamaged, found, values)
	}
	return nil
}

// levels are the repetition or definition levels of a column that wait to be taken.
type levels struct {
	queue[uint8]
	highest  int
	encoding rle.Encoding
}

func newLevels(highest int) levels {
	return levels{highest: highest, encoding: rle.Encoding{BitWidth: bits.Len(uint(highest))}}
}

// decode adds the levels of a page and returns them. Columns where only one is
// possible store none.
func (l *levels) decode(data []byte, count int) ([]uint8, error) {
	added := l.add(count)
	if l.highest == 0 {
		clear(added)
		return added, nil
	}
	if err := checkRuns(data, uint64(l.encoding.BitWidth), count); err != nil {
		return nil, err
	}
	decoded, err := l.encoding.DecodeLevels(added, data) // in place, if there is room for the last group
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	copy(added, decoded)
	for level := l.highest + 1; level < 1<<l.encoding.BitWidth; level++ {
		if bytes.IndexByte(added, uint8(level)) >= 0 {
			return nil, fmt.Errorf("%w: a level of %d above %d", errDamaged, level, l.highest)
		}
	}
	return added, nil
}

// slotsOf returns the number of slots of so many rows: a row begins where the
// repetition level is 0.
func slotsOf(rep []uint8, rows int) int {
	for at, level := range rep {
		if level > 0 {
			continue
		}
		if rows == 0 {
			return at
		}
		rows--
	}
	return len(rep)
}
