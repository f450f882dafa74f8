package parquet

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
)

// slots are the positions of a node in some rows: one for every value, and one for
// every null or empty list in place of one (Apache Parquet,
// "Nested Encoding").
type slots struct {
	// rep and def are the repetition and definition levels reached so far.
	rep, def []uint8
	// values are the positions, in the node's array, of the slots whose definition
	// level is the highest so far, in order.
	values []span
}

// span is a range of values of an array: start is in it, end is not.
type span struct{ start, end int }

// setRows fills s with the slots of rows of a column.
func (s *slots) setRows(from, to int) {
	s.reset()
	s.rep = append(s.rep, make([]uint8, to-from)...)
	s.def = append(s.def, s.rep...)
	s.add(from, to)
}

// setDefined fills s with the slots of in, one level higher where the value is not null.
func (s *slots) setDefined(in *slots, values arrow.Array, level uint8) {
	s.reset()
	s.rep, s.def = append(s.rep, in.rep...), append(s.def, in.def...)
	if values.NullN() == 0 {
		s.values = append(s.values, in.values...)
		for slot, reached := range s.def {
			if reached == level-1 {
				s.def[slot] = level
			}
		}
		return
	}
	bitmap, offset := values.NullBitmapBytes(), values.Data().Offset()
	slot := 0
	for _, span := range in.values {
		for at := span.start; at < span.end; at++ {
			for s.def[slot] != level-1 {
				slot++
			}
			if bitutil.BitIsSet(bitmap, offset+at) {
				s.def[slot] = level
				s.add(at, at+1)
			}
			slot++
		}
	}
}

// setElements fills s with a slot for every element of the lists of in, which are
// not null at level. An empty list keeps its slot. All elements of a list but the
// first have the repetition level maxRep.
func (s *slots) setElements(in *slots, lists *array.List, level, maxRep uint8) {
	s.reset()
	slot := 0
	for _, span := range in.values {
		for at := span.start; at < span.end; at++ {
			slot = s.copyUntil(level, in, slot)
			s.rep = append(s.rep, in.rep[slot])
			slot++
			start, end := lists.ValueOffsets(at)
			if start == end {
				s.def = append(s.def, level)
				continue
			}
			s.def = append(s.def, level+1)
			for range end - start - 1 {
				s.rep, s.def = append(s.rep, maxRep), append(s.def, level+1)
			}
			s.add(int(start), int(end))
		}
	}
	s.copyUntil(level, in, slot)
}

// copyUntil appends the slots of in, from slot on, until one has the level, and
// returns that.
func (s *slots) copyUntil(level uint8, in *slots, slot int) int {
	for ; slot < len(in.def) && in.def[slot] != level; slot++ {
		s.rep, s.def = append(s.rep, in.rep[slot]), append(s.def, in.def[slot])
	}
	return slot
}

func (s *slots) reset() {
	s.rep, s.def, s.values = s.rep[:0], s.def[:0], s.values[:0]
}

// add appends a range of values that is not empty.
func (s *slots) add(start, end int) {
	if last := len(s.values) - 1; last >= 0 && s.values[last].end == start {
		s.values[last].end = end
		return
	}
	s.values = append(s.values, span{start, end})
}
