package parquet

import (
	"bytes"
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// slotLevels are the levels of slots of a column: repetition levels only in lists.
type slotLevels struct{ rep, def []uint8 }

func (l slotLevels) equal(other slotLevels) bool {
	return bytes.Equal(l.def, other.def) && bytes.Equal(l.rep, other.rep)
}

// shape is what every leaf knows about the values of its node: the definition
// level of each and, of lists, where each begins and the last one ends.
type shape struct {
	levels []uint8
	starts []int32
	// of are the slots that it was read from, inner those of the node's children.
	of, inner slotLevels
}

// read derives the shape from what a leaf took. It reports false when an element
// belongs to no list.
func (s *shape) read(b *node, in *columnReader) bool {
	s.of = in.taken
	if b.column.Type == schema.List {
		return s.list(uint8(b.maxRep), uint8(b.maxDef))
	}
	s.levels, s.inner = s.of.def, s.of
	if in.leaf.maxRep > b.maxRep {
		s.levels = nil
		for i, level := range s.of.def {
			if s.of.rep[i] <= uint8(b.maxRep) { // the list inside the struct does not go on
				s.levels = append(s.levels, level)
			}
		}
	}
	return true
}

// list reads lists, each at the slot where it begins. Empty ones and nulls have a
// slot without an element.
func (s *shape) list(maxRep, maxDef uint8) bool {
	slots := len(s.of.def)
	s.starts, s.levels = resized(s.starts, slots+1), resized(s.levels, slots)
	s.inner = slotLevels{resized(s.inner.rep, slots), resized(s.inner.def, slots)}
	lists, inner, elements, inside := 0, 0, int32(0), false
	for i, level := range s.of.def {
		repeated, element := s.of.rep[i], level > maxDef
		if repeated < maxRep { // a list begins
			s.starts[lists], s.levels[lists] = elements, level
			lists++
		} else if !inside || !element {
			return false
		}
		if inside = element; element {
			s.inner.rep[inner], s.inner.def[inner] = repeated, level
			inner++
			if repeated <= maxRep { // else a list in the element goes on
				elements++
			}
		}
	}
	s.starts[lists] = elements
	s.starts, s.levels = s.starts[:lists+1], s.levels[:lists]
	s.inner = slotLevels{s.inner.rep[:inner], s.inner.def[:inner]}
	return true
}

// equal reports whether two leaves have the same shape: the levels only need to
// be on the same side of maxDef.
func (s *shape) equal(other *shape, maxDef uint8) bool {
	same := func(a, b uint8) bool { return (a >= maxDef) == (b >= maxDef) }
	return slices.EqualFunc(s.levels, other.levels, same) && slices.Equal(s.starts, other.starts)
}
