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

func (s *textStock) decode(from *unpacker, page *page, count int) error {
	switch {
	case page.dictionary:
		return s.decodeDictionary(page.body, int(page.NumValues))
	case count == 0: // older files have no body then
		return nil
	case page.Encoding == format.RLEDictionary:
		return s.decodePlaces(page.body, count)
	case page.Encoding == format.DeltaByteArray:
		return s.decodeSuffixes(from, page.body, count)
	default:
		return s.decodeTexts(from, page.body, count)
	}
}

// decodeDictionary decodes PLAIN: each text behind its length.
func (s *textStock) decodeDictionary(body []byte, count int) error {
	if count > len(body)/4 {
		return fmt.Errorf("%w: a dictionary of %d in %d bytes", errDamaged, count, len(body))
	}
	s.dictionary.ends = slices.Grow(s.dictionary.ends, count)
	s.dictionary.text = slices.Grow(s.dictionary.text, len(body)+bodySlack)
	for range count {
		if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
			return fmt.Errorf("%w: a dictionary is cut off", errDamaged)
		}
		end := 4 + binary.LittleEndian.Uint32(body)
		s.dictionary.append(body[4:end])
		body = body[end:]
	}
	if len(body) > 0 {
		return fmt.Errorf("%w: %d bytes follow a dictionary", errDamaged, len(body))
	}
	return nil
}

// decodePlaces decodes RLE_DICTIONARY: the width of places in the dictionary, and the places.
func (s *textStock) decodePlaces(body []byte, count int) error {
	if len(body) == 0 || body[0] > 32 {
		return fmt.Errorf("%w: bad places in a dictionary", errDamaged)
	}
	if err := checkRuns(body[1:], uint64(body[0]), count); err != nil {
		return err
	}
	places := s.places.add(count)
	decoded, err := parquet.RLEDictionary.DecodeInt32(places, body) // in place, if there is room for the last group
	if err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	copy(places, decoded)
	ends, total := s.dictionary.ends, 0
	for _, place := range places {
		if uint(place) >= uint(len(ends)-1) {
			return fmt.Errorf("%w: place %d in a dictionary of %d", errDamaged, place, len(ends)-1)
		}
		total += int(ends[place+1] - ends[place])
	}
	if err := s.count(total); err != nil || s.taken == s.list.len() {
		return err
	}
	s.spell()
	return nil
}

// spell puts the texts of the places that wait behind those that wait already:
// columns change between both at most once in a row group.
func (s *textStock) spell() {
	for _, place := range s.places.take(s.places.len()) {
		s.list.append(s.dictionary.at(int(place)))
	}
}

// count adds the texts of a page to those that wait.
func (s *textStock) count(size int) error {
	if size > maxPage {
		return fmt.Errorf("%w: a page of %d bytes of text", errDamaged, size)
	}
	s.bytes += size
	return nil
}

// decodeSuffixes decodes DELTA_BYTE_ARRAY: how much of each text is that of the
// one before, how long the rest is, and the rests.
func (s *textStock) decodeSuffixes(from *unpacker, body []byte, count int) error {
	from.prefixes = slices.Grow(from.prefixes[:0], count)[:count]
	rest, err := decodeDeltas(from.prefixes, body)
	if err != nil {
		return err
	}
	lengths, rest, err := from.lengths(rest, count)
	if err != nil {
		return err
	}
	total, last := len(rest), int64(0)
	for i, prefix := range from.prefixes {
		if prefix < 0 || prefix > last {
			return fmt.Errorf("%w: a text shares %d bytes with one of %d", errDamaged, prefix, last)
		}
		last = prefix + lengths[i]
		total += int(min(prefix, maxPage))
	}
	if err := s.grow(count, total); err != nil {
		return err
	}
	text, before, at := s.list.text[:cap(s.list.text)], len(s.list.text), len(s.list.text)
	suffixes := rest[:len(rest)+bodySlack]
	for i, prefix := range from.prefixes {
		start := at
		at += paste(text[at:], text[before:], int(prefix))
		copied := paste(text[at:], suffixes, int(lengths[i]))
		suffixes = suffixes[copied:]
		at += copied
		before = start
		s.list.ends = append(s.list.ends, uint32(at))
	}
	s.list.text = text[:at]
	return nil
}

// decodeTexts decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, and all texts.
func (s *textStock) decodeTexts(from *unpacker, body []byte, count int) error {
	lengths, rest, err := from.lengths(body, count)
	if err != nil {
		return err
	}
	if err := s.grow(count, len(rest)); err != nil {
		return err
	}
	at := uint32(len(s.list.text))
	for _, length := range lengths {
		at += uint32(length)
		s.list.ends = append(s.list.ends, at)
	}
	s.list.text = append(s.list.text, rest...)
	return nil
}

// lengths decodes lengths that the texts follow.
func (u *unpacker) lengths(data []byte, count int) (lengths []int64, texts []byte, err error) {
	u.widths = slices.Grow(u.widths[:0], count)[:count]
	texts, err = decodeDeltas(u.widths, data)
	left := int64(len(texts))
	for _, length := range u.widths {
		if length < 0 || length > left {
			left = -1
			break
		}
		left -= length
	}
	if err == nil && left != 0 {
		err = fmt.Errorf("%w: the lengths of texts are not those of %d bytes", errDamaged, len(texts))
	}
	return u.widths, texts, err
}

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

// paste copies n bytes and returns n. Both sides have bodySlack bytes behind
// these, so that short texts, which most are, take a few moves of fixed size.
func paste(to, from []byte, n int) int {
	if n <= 8 {
		binary.LittleEndian.PutUint64(to, binary.LittleEndian.Uint64(from))
		return n
	}
	if n > bodySlack {
		return copy(to[:n], from)
	}
	move32(to, from)
	if n > 32 {
		move32(to[32:], from[32:])
	}
	return n
}

func move32(to, from []byte) {
	to, from = to[:32], from[:32]
	a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
	c, d := binary.LittleEndian.Uint64(from[16:]), binary.LittleEndian.Uint64(from[24:])
	binary.LittleEndian.PutUint64(to, a)
	binary.LittleEndian.PutUint64(to[8:], b)
	binary.LittleEndian.PutUint64(to[16:], c)
	binary.LittleEndian.PutUint64(to[24:], d)
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
		start := ends[place]
		at += paste(to[at:], known[start:], int(ends[place+1]-start))
	}
}
