package parquet

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// textStock are strings: texts, or places in the dictionary of the row group.
// Texts follow places only where a dictionary is given up.
type textStock struct {
	list       textList
	taken      int // of the list
	places     queue[int32]
	dictionary textList
	bytes      int
}

func (s *textStock) clear() {
	s.list.cut(0)
	s.dictionary.cut(0)
	s.places.clear()
	s.taken, s.bytes = 0, 0
}

func (s *textStock) size() int { return s.bytes }

// grow makes room for texts, moving those that wait over those that were taken.
func (s *textStock) grow(count, size int) error {
	if err := s.count(size); err != nil {
		return err
	}
	list, start := &s.list, s.list.ends[s.taken]
	list.text = list.text[:copy(list.text, list.text[start:])]
	list.ends = list.ends[:copy(list.ends, list.ends[s.taken:])]
	for i := range list.ends {
		list.ends[i] -= start
	}
	s.taken = 0
	s.spell()
	list.ends = slices.Grow(list.ends, count)
	list.text = slices.Grow(list.text, size+bodySlack)
	return nil
}

// count adds the texts of a page to those that wait.
func (s *textStock) count(size int) error {
	if size > maxPage {
		return fmt.Errorf("%w: a page of %d bytes of text", errDamaged, size)
	}
	s.bytes += size
	return nil
}

// spell puts the texts of the places that wait behind those that wait already:
// columns change between both at most once in a row group.
func (s *textStock) spell() {
	for _, place := range s.places.take(s.places.len()) {
		s.list.append(s.dictionary.at(int(place)))
	}
}

func (s *textStock) fill(to *arena, buffers []*memory.Buffer, levels []uint8, present uint8, count int) {
	buffers[1] = to.part(4 * (len(levels) + 1))
	offsets := arrow.Uint32Traits.CastFromBytes(buffers[1].Bytes())
	taken := filling{from: s, first: s.taken}
	if s.places.len() > 0 {
		taken.places = s.places.take(count)
		s.measure(offsets, taken.places, levels, present)
	} else {
		ends := s.list.ends[s.taken : s.taken+count+1]
		s.taken += count
		shift(offsets, ends, levels, present)
	}
	taken.size = int(offsets[len(levels)])
	s.bytes -= taken.size
	buffers[2] = to.later(taken)
}

// measure puts the offsets of the texts of places.
func (s *textStock) measure(offsets []uint32, places []int32, levels []uint8, present uint8) {
	ends, at, next, last := s.dictionary.ends, uint32(0), 0, len(places)-1
	for i, level := range levels {
		offsets[i] = at
		if last < 0 {
			continue
		}
		place, there := places[min(next, last)], reached(level, present)
		at += (ends[place+1] - ends[place]) * uint32(there)
		next += int(there)
	}
	offsets[len(levels)] = at
}

// shift puts the offsets of texts in one piece.
func shift(offsets, ends []uint32, levels []uint8, present uint8) {
	first, next := ends[0], 0
	if len(ends) == len(offsets) {
		for i, end := range ends {
			offsets[i] = end - first
		}
		return
	}
	for i, level := range levels {
		offsets[i] = ends[next] - first
		next += int(reached(level, present))
	}
	offsets[len(levels)] = ends[next] - first
}

// filling are texts that were taken, whose memory is allocated when the size of
// all texts of the record is known.
type filling struct {
	buffer *memory.Buffer
	from   *textStock
	size   int
	places []int32 // of the dictionary, if there are any
	first  int     // text of the list
}

// fill puts the texts at the start of to, which has bodySlack behind them.
func (f *filling) fill(to []byte) {
	f.buffer.Reset(to[:f.size:f.size])
	if f.places == nil {
		copy(to[:f.size], f.from.list.text[f.from.list.ends[f.first]:])
		return
	}
	known := f.from.dictionary.text[:cap(f.from.dictionary.text)]
	ends, at := f.from.dictionary.ends, 0
	for _, place := range f.places {
		start, size := ends[place], int(ends[place+1]-ends[place])
		switch {
		case size <= 32:
			move32(to[at:], known[start:])
		case size <= bodySlack:
			move32(to[at:], known[start:])
			move32(to[at+32:], known[start+32:])
		default:
			copy(to[at:], known[start:ends[place+1]])
		}
		at += size
	}
}
