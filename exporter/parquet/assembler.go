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

// assembler builds the array of one branch from what the intakes of its leaves
// took: the inverse of shredder.
type assembler struct {
	*branch
	of      arrow.DataType
	intakes []*intake
	parts   []*assembler
	// shapes are scratch memory, one for each leaf.
	shapes []shape
}

// newAssembler joins a branch with its Arrow type and the intakes of the layout's leaves.
func newAssembler(b *branch, of arrow.DataType, intakes []*intake) *assembler {
	a := &assembler{branch: b, of: of, shapes: make([]shape, len(b.leaves))}
	for _, leaf := range b.leaves {
		a.intakes = append(a.intakes, intakes[leaf])
	}
	for i, part := range b.parts {
		var inner arrow.DataType
		switch of := of.(type) {
		case *arrow.ListType:
			inner = of.Elem()
		case *arrow.StructType:
			inner = of.Field(i).Type
		}
		a.parts = append(a.parts, newAssembler(part, inner, intakes))
	}
	return a
}

// data builds the array of the values that the slots taken hold.
func (a *assembler) data() (*array.Data, error) {
	if len(a.parts) == 0 {
		in := a.intakes[0]
		levels := in.taken.defined
		return a.array(levels, in.stock.buffers(in.values, levels, uint8(a.present)), nil), nil
	}
	shape, err := a.agreed()
	if err != nil {
		return nil, err
	}
	children := make([]arrow.ArrayData, len(a.parts))
	for i, part := range a.parts {
		if children[i], err = part.data(); err != nil {
			return nil, err
		}
	}
	buffers := buffersOf()
	if a.column.Type == schema.List {
		buffers = buffersOf(arrow.Int32Traits.CastToBytes(slices.Clone(shape.starts)))
	}
	return a.array(shape.levels, buffers, children), nil
}

// array makes an array whose value is null where its level is below present. Where
// all levels are the highest, as in most columns, that is quickly seen.
func (a *assembler) array(levels []uint8, buffers []*memory.Buffer, children []arrow.ArrayData) *array.Data {
	nulls, highest := 0, byte(a.intakes[0].leaf.present)
	if bytes.Count(levels, []byte{highest}) < len(levels) && a.present > 0 {
		var bitmap []byte
		if bitmap, nulls = bitmapOf(levels, uint8(a.present)); nulls > 0 {
			buffers[0] = memory.NewBufferBytes(bitmap)
		}
	}
	return array.NewData(a.of, len(levels), buffers, children, nulls, 0)
}

// agreed returns the shape that all leaves of the branch have, and leaves them the
// slots of its parts.
func (a *assembler) agreed() (*shape, error) {
	first := &a.shapes[0]
	for i, in := range a.intakes {
		if i > 0 && in.taken.equal(first.of) { // most columns of a list
			in.taken = first.parts
			continue
		}
		shape := &a.shapes[i]
		if !shape.read(a.branch, in) {
			return nil, fmt.Errorf("%w: column %q has elements without a list", errDamaged, in.leaf.name())
		}
		if !shape.equal(first, uint8(a.present)) {
			return nil, fmt.Errorf("%w: the columns of %q disagree", errDamaged, a.name())
		}
		in.taken = shape.parts
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

// buffersOf are the buffers of an array, behind the place of its bitmap of nulls.
func buffersOf(parts ...[]byte) []*memory.Buffer {
	buffers := make([]*memory.Buffer, 1, 1+len(parts))
	for _, part := range parts {
		buffers = append(buffers, memory.NewBufferBytes(part))
	}
	return buffers
}
