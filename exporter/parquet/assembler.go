package parquet

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// assembler builds the array of one node from what the column readers of its leaves
// took: the inverse of shredder.
type assembler struct {
	*node
	of            arrow.DataType
	columnReaders []*columnReader
	children      []*assembler
	// shapes are scratch memory, one for each leaf.
	shapes []shape
}

// newAssembler joins a node with its Arrow type and the column readers of the layout's leaves.
func newAssembler(n *node, of arrow.DataType, columnReaders []*columnReader) *assembler {
	a := &assembler{node: n, of: of, shapes: make([]shape, len(n.leaves))}
	for _, leaf := range n.leaves {
		a.columnReaders = append(a.columnReaders, columnReaders[leaf])
	}
	for i, child := range n.children {
		var inner arrow.DataType
		switch of := of.(type) {
		case *arrow.ListType:
			inner = of.Elem()
		case *arrow.StructType:
			inner = of.Field(i).Type
		}
		a.children = append(a.children, newAssembler(child, inner, columnReaders))
	}
	return a
}

// data builds the array of the values that the slots taken hold.
func (a *assembler) data() (*array.Data, error) {
	if len(a.children) == 0 {
		in := a.columnReaders[0]
		levels := in.taken.def
		return a.array(levels, in.buffer.buffers(in.values, levels, uint8(a.maxDef)), nil), nil
	}
	shape, err := a.agreed()
	if err != nil {
		return nil, err
	}
	children := make([]arrow.ArrayData, len(a.children))
	for i, child := range a.children {
		if children[i], err = child.data(); err != nil {
			return nil, err
		}
	}
	buffers := buffersOf()
	if a.column.Type == schema.List {
		buffers = buffersOf(arrow.Int32Traits.CastToBytes(slices.Clone(shape.starts)))
	}
	return a.array(shape.levels, buffers, children), nil
}

// array makes an array whose value is null where its level is below maxDef. Where
// all levels are the highest, as in most columns, that is quickly seen.
func (a *assembler) array(levels []uint8, buffers []*memory.Buffer, children []arrow.ArrayData) *array.Data {
	nulls, highest := 0, byte(a.columnReaders[0].leaf.maxDef)
	if bytes.Count(levels, []byte{highest}) < len(levels) && a.maxDef > 0 {
		var bitmap []byte
		if bitmap, nulls = bitmapOf(levels, uint8(a.maxDef)); nulls > 0 {
			buffers[0] = memory.NewBufferBytes(bitmap)
		}
	}
	return array.NewData(a.of, len(levels), buffers, children, nulls, 0)
}

// agreed returns the shape that all leaves of the node have, and leaves them the
// slots of its children.
func (a *assembler) agreed() (*shape, error) {
	first := &a.shapes[0]
	for i, in := range a.columnReaders {
		if i > 0 && in.taken.equal(first.of) { // most columns of a list
			in.taken = first.inner
			continue
		}
		shape := &a.shapes[i]
		if !shape.read(a.node, in) {
			return nil, fmt.Errorf("%w: column %q has elements without a list", errDamaged, in.leaf.name())
		}
		if !shape.equal(first, uint8(a.maxDef)) {
			return nil, fmt.Errorf("%w: the columns of %q disagree", errDamaged, a.name())
		}
		in.taken = shape.inner
	}
	return first, nil
}

// bitmapOf has a bit for every level, set where that is least or more, which is not
// 0. It counts the others.
func bitmapOf(levels []uint8, least uint8) (packed []byte, unset int) {
	const ones = 0x0101010101010101
	packed, unset = make([]byte, (len(levels)+7)/8), len(levels)
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
		unset -= bits.OnesCount8(packed[i])
	}
	return packed, unset
}

// buffersOf returns the buffers of an array; the first, for its bitmap of nulls, is nil.
func buffersOf(children ...[]byte) []*memory.Buffer {
	buffers := make([]*memory.Buffer, 1, 1+len(children))
	for _, child := range children {
		buffers = append(buffers, memory.NewBufferBytes(child))
	}
	return buffers
}
