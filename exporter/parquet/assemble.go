package parquet

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// assembler builds the array of one branch from what the intakes of its leaves
// took: the inverse of shredder.
type assembler struct {
	*branch
	of      arrow.DataType
	buffers int // that an array of the type has
	intakes []*intake
	parts   []*assembler
	// shapes are scratch memory, for the branch and for comparing its leaves with it.
	shapes [2]shape
}

// shape is what every leaf knows about the values of its branch: the definition
// level of each and, of lists, where each begins and the last one ends.
type shape struct {
	levels []uint8
	starts []int32
}

// newAssembler joins a branch with its Arrow type and the intakes of the layout's leaves.
func newAssembler(b *branch, of arrow.DataType, intakes []*intake) *assembler {
	a := &assembler{branch: b, of: of, buffers: len(of.Layout().Buffers)}
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

// need adds what the branch takes of an arena at most: as many values as slots.
func (a *assembler) need(n *needs) {
	first := a.intakes[0]
	slots := len(first.takenDefined)
	n.data++
	n.nested += len(a.parts)
	n.add((slots + 7) / 8)
	switch a.column.Type {
	case schema.Timestamp:
		n.add(8 * slots)
	case schema.Bool:
		n.add((slots + 7) / 8)
	case schema.String, schema.JSON, schema.List:
		n.add(4 * (slots + 1))
	case schema.Struct:
	}
	for _, part := range a.parts {
		part.need(n)
	}
}

// data builds the array of the values that the slots taken hold.
func (a *assembler) data(to *arena) (*array.Data, error) {
	if len(a.parts) == 0 {
		in := a.intakes[0]
		buffers := to.pointers(a.buffers)
		in.stock.fill(to, buffers, in.takenDefined, uint8(a.present), in.values)
		return to.array(a.of, in.takenDefined, uint8(a.present), buffers, nil), nil
	}
	shape, err := a.agreed()
	if err != nil {
		return nil, err
	}
	children := to.children(len(a.parts))
	for i, part := range a.parts {
		if children[i], err = part.data(to); err != nil {
			return nil, err
		}
	}
	buffers := to.pointers(a.buffers)
	if a.column.Type == schema.List {
		buffers[1] = to.part(4 * len(shape.starts))
		copy(arrow.Int32Traits.CastFromBytes(buffers[1].Bytes()), shape.starts)
	}
	return to.array(a.of, shape.levels, uint8(a.present), buffers, children), nil
}

// agreed returns the shape that all leaves of the branch have.
func (a *assembler) agreed() (*shape, error) {
	for _, in := range a.intakes[1:] {
		in.alike = in.like(a.intakes[0])
	}
	for i, in := range a.intakes {
		if i > 0 && in.alike {
			in.follow(a.intakes[0])
			continue
		}
		shape := &a.shapes[min(i, 1)]
		if a.column.Type == schema.Struct {
			shape.group(in, uint8(a.again))
		} else if !shape.list(in, uint8(a.again), uint8(a.present)) {
			return nil, fmt.Errorf("%w: column %q has elements without a list", errDamaged, in.leaf.name())
		}
		if i > 0 && !shape.equal(&a.shapes[0], uint8(a.present)) {
			return nil, fmt.Errorf("%w: the columns of %q disagree", errDamaged, a.name())
		}
	}
	return &a.shapes[0], nil
}

// equal reports whether two leaves have the same shape: the levels only need to
// be on the same side of present.
func (s *shape) equal(other *shape, present uint8) bool {
	same := func(a, b uint8) bool { return reached(a, present) == reached(b, present) }
	return slices.EqualFunc(s.levels, other.levels, same) && slices.Equal(s.starts, other.starts)
}

// group reads the values of a struct off the slots of a leaf: those that do not
// go on with a list inside it.
func (s *shape) group(in *intake, again uint8) {
	if in.leaf.again == int(again) {
		s.levels = in.takenDefined
		return
	}
	s.levels = nil
	for i, level := range in.takenDefined {
		if in.takenAgain[i] <= again {
			s.levels = append(s.levels, level)
		}
	}
}

// list reads lists off the slots of a leaf and leaves it those of their elements.
// False says that an element follows what is none.
func (s *shape) list(in *intake, again, present uint8) bool {
	repeated, defined := in.takenAgain, in.takenDefined
	s.starts = slices.Grow(s.starts[:0], len(defined)+1)[:len(defined)+1]
	s.levels = slices.Grow(s.levels[:0], len(defined)+1)[:len(defined)+1]
	lists, elements, kept := 0, 0, 0
	inside, orphans := uint8(0), uint8(0)
	for i, level := range defined {
		goesOn, element := reached(repeated[i], again), reached(level, present+1)
		orphans |= goesOn &^ (inside & element)
		inside = element
		s.starts[lists], s.levels[lists] = int32(elements), level // kept unless the list goes on
		lists += int(1 - goesOn)
		elements += int(element &^ reached(repeated[i], again+1))
		repeated[kept], defined[kept] = repeated[i], level // kept if it is of an element
		kept += int(element)
	}
	s.starts, s.levels = s.starts[:lists+1], s.levels[:lists]
	s.starts[lists] = int32(elements)
	in.takenAgain, in.takenDefined = repeated[:kept], defined[:kept]
	return orphans == 0
}
