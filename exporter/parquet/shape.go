package parquet

import (
	"bytes"
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// slotLevels are the levels of slots of a column: repetition levels only in lists.
type slotLevels struct{ again, defined []uint8 }

func (l slotLevels) equal(other slotLevels) bool {
	return bytes.Equal(l.defined, other.defined) && bytes.Equal(l.again, other.again)
}

// shape is what every leaf knows about the values of its branch: the definition
// level of each and, of lists, where each begins and the last one ends.
type shape struct {
	levels []uint8
	starts []int32
	// of are the slots that it was read off, parts those of the branch's parts.
	of, parts slotLevels
}

// read reads a shape off what a leaf took. False says that an element follows what
// is no list.
func (s *shape) read(b *branch, in *intake) bool {
	s.of = in.taken
	if b.column.Type == schema.List {
		return s.list(uint8(b.again), uint8(b.present))
	}
	s.levels, s.parts = s.of.defined, s.of
	if in.leaf.again > b.again {
		s.levels = nil
		for i, level := range s.of.defined {
			if s.of.again[i] <= uint8(b.again) { // the list inside the struct does not go on
				s.levels = append(s.levels, level)
			}
		}
	}
	return true
}

// list reads lists, each at the slot where it begins. Empty ones and nulls have a
// slot without an element.
func (s *shape) list(again, present uint8) bool {
	slots := len(s.of.defined)
	s.starts, s.levels = grown(s.starts, slots+1), grown(s.levels, slots)
	s.parts = slotLevels{grown(s.parts.again, slots), grown(s.parts.defined, slots)}
	lists, parts, elements, inside := 0, 0, int32(0), false
	for i, level := range s.of.defined {
		repeated, element := s.of.again[i], level > present
		if repeated < again { // a list begins
			s.starts[lists], s.levels[lists] = elements, level
			lists++
		} else if !inside || !element {
			return false
		}
		if inside = element; element {
			s.parts.again[parts], s.parts.defined[parts] = repeated, level
			parts++
			if repeated <= again { // else a list in the element goes on
				elements++
			}
		}
	}
	s.starts[lists] = elements
	s.starts, s.levels = s.starts[:lists+1], s.levels[:lists]
	s.parts = slotLevels{s.parts.again[:parts], s.parts.defined[:parts]}
	return true
}

// equal reports whether two leaves have the same shape: the levels only need to
// be on the same side of present.
func (s *shape) equal(other *shape, present uint8) bool {
	same := func(a, b uint8) bool { return (a >= present) == (b >= present) }
	return slices.EqualFunc(s.levels, other.levels, same) && slices.Equal(s.starts, other.starts)
}
