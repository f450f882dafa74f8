package parquet

import (
	"encoding/binary"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// arena is the memory of one record, a piece for each kind of thing that its
// columns consist of. The collector frees it with the last of them, so a record
// can be kept.
type arena struct {
	bytes   []byte
	buffers []memory.Buffer
	free    []*memory.Buffer
	data    []array.Data
	nested  []arrow.ArrayData
	texts   []filling
}

// needs is how large an arena must be.
type needs struct{ bytes, data, nested int }

// add adds a buffer.
func (n *needs) add(size int) { n.bytes += align(size) }

func newArena(n needs) *arena {
	const most = 3 // buffers of an array
	return &arena{
		bytes:   make([]byte, n.bytes),
		buffers: make([]memory.Buffer, most*n.data),
		free:    make([]*memory.Buffer, most*n.data),
		data:    make([]array.Data, n.data),
		nested:  make([]arrow.ArrayData, n.nested),
		texts:   make([]filling, 0, n.data),
	}
}

// align is what Arrow recommends for the start of a buffer.
func align(size int) int { return (size + 63) &^ 63 }

// part is a buffer of that size.
func (a *arena) part(size int) *memory.Buffer {
	part := &a.buffers[0]
	a.buffers = a.buffers[1:]
	part.Reset(a.bytes[:size:size])
	a.bytes = a.bytes[align(size):]
	return part
}

// later is a buffer that fill will fill.
func (a *arena) later(texts filling) *memory.Buffer {
	texts.buffer = &a.buffers[0]
	a.buffers = a.buffers[1:]
	a.texts = append(a.texts, texts)
	return texts.buffer
}

// fill fills the buffers of texts, whose size is known at last.
func (a *arena) fill() {
	size := bodySlack
	for _, texts := range a.texts {
		size += align(texts.size)
	}
	whole := make([]byte, size)
	for _, texts := range a.texts {
		texts.fill(whole)
		whole = whole[align(texts.size):]
	}
}

// bitmap has a bit for every level, set where that is least or more, which is not
// 0. It counts the others.
func (a *arena) bitmap(levels []uint8, least uint8) (part *memory.Buffer, unset int) {
	const ones = 0x0101010101010101
	part = a.part((len(levels) + 7) / 8)
	packed := part.Bytes()
	set := 0
	for i := range packed {
		var eight [8]byte
		if left := levels[8*i:]; len(left) >= 8 {
			eight = [8]byte(left)
		} else {
			copy(eight[:], left)
		}
		// The highest bit of a byte stays where that is not below least: levels have seven.
		reached := (binary.LittleEndian.Uint64(eight[:]) | ones<<7) - uint64(least)*ones
		// The factor moves the lowest bit of byte k to bit 56+k; no two sums meet.
		packed[i] = byte(reached >> 7 & ones * 0x0102040810204080 >> 56)
		set += bits.OnesCount8(packed[i])
	}
	return part, len(levels) - set
}

// array makes the data of an array whose value is null where its level is below
// present.
func (a *arena) array(of arrow.DataType, levels []uint8, present uint8, buffers []*memory.Buffer, children []arrow.ArrayData) *array.Data {
	var nulls int
	buffers[0] = nil
	if present > 0 {
		if buffers[0], nulls = a.bitmap(levels, present); nulls == 0 {
			buffers[0] = nil
		}
	}
	data := &a.data[0]
	a.data = a.data[1:]
	data.Reset(of, len(levels), buffers, children, nulls, 0)
	return data
}

// pointers are places for n buffers, the first that for the bitmap of nulls.
func (a *arena) pointers(n int) []*memory.Buffer {
	places := a.free[:n:n]
	a.free = a.free[n:]
	return places
}

// children are n parts of a nested array.
func (a *arena) children(n int) []arrow.ArrayData {
	children := a.nested[:n:n]
	a.nested = a.nested[n:]
	return children
}
