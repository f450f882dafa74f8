package parquet

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// checkLevels walks the runs of repetition or definition levels (parquet-format,
// Encodings.md, "RLE / Bit-Packing Hybrid") and checks that they end where the
// page header says and are as many as its values. A header with a wrong length
// would else shift the values that follow.
func checkLevels(data []byte, highest int, values int64) error {
	width := uint64(bits.Len(uint(highest)))
	var levels uint64
	for left := data; len(left) > 0; {
		head, n := binary.Uvarint(left)
		if n <= 0 {
			return fmt.Errorf("%w: a run of levels is cut off", errDamaged)
		}
		left = left[n:]
		count, size := head>>1, (width+7)/8
		if head&1 == 1 { // groups of eight, packed
			if count > uint64(len(left)) {
				return fmt.Errorf("%w: a run of levels is too long", errDamaged)
			}
			count, size = count*8, count*width
		}
		if size > uint64(len(left)) || count == 0 || count >= uint64(values)+8 {
			return fmt.Errorf("%w: a run of %d levels for %d values in %d bytes", errDamaged, count, values, len(left))
		}
		left = left[size:]
		levels += count
	}
	if levels < uint64(values) || levels >= uint64(values)+8 {
		return fmt.Errorf("%w: %d levels for %d values", errDamaged, levels, values)
	}
	return nil
}
