package parquet

import (
	"encoding/binary"
	"fmt"
)

// bodySlack is how many bytes follow the body of a page in memory: its decoders
// read a little further than it goes.
const bodySlack = 64

// decodeDeltas decodes DELTA_BINARY_PACKED (parquet-format, Encodings.md) into
// all of to, and returns what follows it. The library would allocate what the
// data says. Data has bodySlack behind it.
func decodeDeltas(to []int64, data []byte) (rest []byte, err error) {
	d := deltas{data: data}
	block, miniblocks, count := d.uvarint(), d.uvarint(), d.uvarint()
	value := d.varint()
	if d.bad || count != uint64(len(to)) || miniblocks == 0 || block > 1<<16 || block%miniblocks != 0 || block/miniblocks%32 != 0 || block == 0 {
		return nil, fmt.Errorf("%w: %d deltas in blocks of %d by %d instead of %d", errDamaged, count, block, miniblocks, len(to))
	}
	if len(to) == 0 {
		return d.data, nil
	}
	to[0] = value
	to = to[1:]
	for len(to) > 0 && !d.bad {
		least := d.varint()
		for _, width := range d.take(int(miniblocks)) {
			n := min(int(block/miniblocks), len(to))
			if n == 0 {
				break
			}
			packed := d.take(int(block/miniblocks) * int(width) / 8)
			if d.bad || width > 64 {
				return nil, fmt.Errorf("%w: deltas are truncated", errDamaged)
			}
			value = addDeltas(to[:n], packed[:len(packed)+bodySlack], uint(width), least, value)
			to = to[n:]
		}
	}
	if d.bad {
		return nil, fmt.Errorf("%w: deltas are truncated", errDamaged)
	}
	return d.data, nil
}

// addDeltas unpacks deltas above least, and adds each to the value before it.
func addDeltas(to []int64, packed []byte, width uint, least, value int64) int64 {
	if width == 0 {
		for i := range to {
			value += least
			to[i] = value
		}
		return value
	}
	mask := ^uint64(0) >> (64 - width)
	bit := uint(0)
	for i := range to {
		at, shift := bit/8, bit%8
		delta := binary.LittleEndian.Uint64(packed[at:]) >> shift
		if width > 56 {
			delta |= uint64(packed[at+8]) << (64 - shift)
		}
		value += least + int64(delta&mask)
		to[i] = value
		bit += width
	}
	return value
}

// deltas reads from data until that is bad.
type deltas struct {
	data []byte
	bad  bool
}

func (d *deltas) uvarint() uint64 {
	value, n := binary.Uvarint(d.data)
	d.take(n)
	d.bad = d.bad || n == 0
	return value
}

func (d *deltas) varint() int64 {
	value, n := binary.Varint(d.data)
	d.take(n)
	d.bad = d.bad || n == 0
	return value
}

func (d *deltas) take(n int) []byte {
	if n < 0 || n > len(d.data) {
		d.bad = true
		return nil
	}
	taken := d.data[:n]
	d.data = d.data[n:]
	return taken
}
