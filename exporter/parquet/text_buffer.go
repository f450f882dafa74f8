package parquet

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// textStock are strings: texts, or places in the dictionary of the row group.
// Places are only looked up when a record takes them, or when texts follow
// because the dictionary was given up.
type textStock struct {
	fits       func(size int64) error // of the texts of a page
	list       textList
	taken      int // of the list
	places     queue[int32]
	dictionary textList
	bytes      int      // of the texts that wait
	found      textList // scratch memory
}

func (s *textStock) clear() {
	s.list.cut(0)
	s.dictionary.cut(0)
	s.places.clear()
	s.taken, s.bytes = 0, 0
}

func (s *textStock) size() int { return s.bytes }

// aside are the dictionary, and the places in it and in the text.
func (s *textStock) aside() int {
	return len(s.dictionary.text) + 4*(len(s.dictionary.ends)+len(s.list.ends)+s.places.len())
}

// count adds the texts of a page to those that wait.
func (s *textStock) count(size int) error {
	if err := s.fits(int64(size)); err != nil {
		return err
	}
	s.bytes += size
	return nil
}

// grow makes room for texts behind those that wait, which it moves over those
// that were taken.
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
	s.look(list, s.places.take(s.places.len()))
	list.ends = slices.Grow(list.ends, count)
	list.text = slices.Grow(list.text, size+bodySlack)
	return nil
}

// look appends the texts of places in the dictionary to a list.
func (s *textStock) look(to *textList, places []int32) {
	ends, known := s.dictionary.ends, s.dictionary.text[:cap(s.dictionary.text)]
	first, at := len(to.ends), len(to.text)
	to.ends = slices.Grow(to.ends, len(places))[:first+len(places)]
	size := uint32(at)
	for i, place := range places {
		size += ends[place+1] - ends[place]
		to.ends[first+i] = size
	}
	to.text = slices.Grow(to.text, int(size)-at+bodySlack)[:size]
	text := to.text[:cap(to.text)]
	for _, place := range places {
		size := int(ends[place+1] - ends[place])
		move(text[at:], known[ends[place]:], size)
		at += size
	}
}

func (s *textStock) buffers(count int, levels []uint8, present uint8) []*memory.Buffer {
	var ends []uint32
	var text []byte
	if s.places.len() > 0 {
		s.found.ends, s.found.text = append(s.found.ends[:0], 0), nil
		s.look(&s.found, s.places.take(count))
		ends, text = s.found.ends, s.found.text
	} else {
		ends = s.list.ends[s.taken : s.taken+count+1]
		text = slices.Clone(s.list.text[ends[0]:ends[count]])
		s.taken += count
	}
	s.bytes -= len(text)
	return buffersOf(arrow.Uint32Traits.CastToBytes(offsetsOf(ends, levels, present)), text)
}

// offsetsOf are the offsets of texts with those ends, one for each level that is present.
func offsetsOf(ends []uint32, levels []uint8, present uint8) []uint32 {
	offsets, first, next := make([]uint32, len(levels)+1), ends[0], 0
	if len(ends) == len(offsets) {
		for i, end := range ends {
			offsets[i] = end - first
		}
		return offsets
	}
	for i, level := range levels {
		if level >= present {
			next++
		}
		offsets[i+1] = ends[next] - first
	}
	return offsets
}

func (s *textStock) decode(from *unpacker, page *page, count int) error {
	switch {
	case page.dictionary:
		return s.dictionary.appendPlain(page.body, int(page.NumValues))
	case count == 0: // older files have no body then
		return nil
	case page.Encoding == format.RLEDictionary:
		return s.decodePlaces(page.body, count)
	case page.Encoding == format.DeltaByteArray:
		return s.decodeSuffixes(from, page.body, count)
	case page.Encoding == format.DeltaLengthByteArray:
		return s.decodeTexts(from, page.body, count)
	default:
		if err := s.grow(count, max(len(page.body)-4*count, 0)); err != nil {
			return err
		}
		return s.list.appendPlain(page.body, count)
	}
}

// appendPlain decodes PLAIN: each text behind its length. Body has bodySlack behind it.
func (s *textList) appendPlain(body []byte, count int) error {
	if count > len(body)/4 {
		return fmt.Errorf("%w: %d texts in %d bytes", errDamaged, count, len(body))
	}
	s.ends = slices.Grow(s.ends, count)
	s.text = slices.Grow(s.text, len(body)+bodySlack)
	from, text, at := body[:len(body)+bodySlack], s.text[:cap(s.text)], len(s.text)
	left := len(body)
	for range count {
		if left < 4 || uint64(binary.LittleEndian.Uint32(from)) > uint64(left-4) {
			return fmt.Errorf("%w: texts are cut off", errDamaged)
		}
		size := int(binary.LittleEndian.Uint32(from))
		move(text[at:], from[4:], size)
		from, left, at = from[4+size:], left-4-size, at+size
		s.ends = append(s.ends, uint32(at))
	}
	if s.text = text[:at]; left > 0 {
		return fmt.Errorf("%w: %d bytes follow the texts", errDamaged, left)
	}
	return nil
}

// decodePlaces decodes RLE_DICTIONARY into all of to: the width of places in the
// dictionary, and the places.
func decodePlaces(to []int32, body []byte) error {
	if len(body) == 0 || body[0] > 32 {
		return fmt.Errorf("%w: bad places in a dictionary", errDamaged)
	}
	if err := checkRuns(body[1:], uint64(body[0]), len(to)); err != nil {
		return err
	}
	decoded, err := parquet.RLEDictionary.DecodeInt32(to, body) // in place, if there is room for the last group
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	copy(to, decoded)
	return nil
}

// decodePlaces adds the places of a page.
func (s *textStock) decodePlaces(body []byte, count int) error {
	places := s.places.add(count)
	if err := decodePlaces(places, body); err != nil {
		return err
	}
	ends, total := s.dictionary.ends, 0
	for _, place := range places {
		if uint(place) >= uint(len(ends)-1) {
			return fmt.Errorf("%w: place %d in a dictionary of %d", errDamaged, place, len(ends)-1)
		}
		total += int(ends[place+1] - ends[place])
	}
	if s.taken < s.list.len() { // texts wait, and these come behind them
		return s.grow(0, total)
	}
	return s.count(total)
}
