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

// textStock are strings.
type textStock struct {
	list, dictionary textList
	taken            int
}

func (s *textStock) clear() {
	s.list.cut(0)
	s.dictionary.cut(0)
	s.taken = 0
}

func (s *textStock) size(count int) int {
	if count < 0 {
		count = s.list.len() - s.taken
	}
	return int(s.list.ends[s.taken+count] - s.list.ends[s.taken])
}

func (s *textStock) decode(from *unpacker, page *page, count int) error {
	switch {
	case page.dictionary:
		return s.decodeDictionary(page.body, int(page.NumValues))
	case count == 0: // older files have no body then
		return nil
	case page.Encoding == format.RLEDictionary:
		return s.decodePlaces(from, page.body, count)
	case page.Encoding == format.DeltaByteArray:
		return s.decodeSuffixes(from, page.body, count)
	default:
		return s.decodeTexts(from, page.body, count)
	}
}

// decodeDictionary decodes PLAIN: each text behind its length.
func (s *textStock) decodeDictionary(body []byte, count int) error {
	for ; len(body) >= 4; count-- {
		length := binary.LittleEndian.Uint32(body)
		if body = body[4:]; uint64(length) > uint64(len(body)) {
			break
		}
		s.dictionary.append(body[:length])
		body = body[length:]
	}
	if count != 0 || len(body) > 0 {
		return fmt.Errorf("%w: a bad dictionary", errDamaged)
	}
	s.dictionary.text = slices.Grow(s.dictionary.text, bodySlack)
	return nil
}

// decodePlaces decodes RLE_DICTIONARY: the width of places in the dictionary, and the places.
func (s *textStock) decodePlaces(from *unpacker, body []byte, count int) (err error) {
	if len(body) == 0 || body[0] > 32 {
		return fmt.Errorf("%w: bad places in a dictionary", errDamaged)
	}
	if err := checkRuns(body[1:], uint64(body[0]), count); err != nil {
		return err
	}
	if from.places, err = parquet.RLEDictionary.DecodeInt32(from.places, body); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	ends, total := s.dictionary.ends, uint64(0)
	for _, place := range from.places[:count] {
		if uint(place) >= uint(len(ends)-1) {
			return fmt.Errorf("%w: place %d in a dictionary of %d", errDamaged, place, len(ends)-1)
		}
		total += uint64(ends[place+1] - ends[place])
	}
	if err := s.grow(count, total); err != nil {
		return err
	}
	text, known := s.list.text[:cap(s.list.text)], s.dictionary.text[:cap(s.dictionary.text)]
	at := len(s.list.text)
	for _, place := range from.places[:count] {
		start := ends[place]
		at += paste(text[at:], known[start:], int(ends[place+1]-start))
		s.list.ends = append(s.list.ends, uint32(at))
	}
	s.list.text = text[:at]
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
	total, last := uint64(len(rest)), int64(0)
	for i, prefix := range from.prefixes {
		if prefix < 0 || prefix > last {
			return fmt.Errorf("%w: a text shares %d bytes with one of %d", errDamaged, prefix, last)
		}
		last = prefix + lengths[i]
		total += uint64(prefix)
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
	if err := s.grow(count, uint64(len(rest))); err != nil {
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
func (s *textStock) grow(count int, total uint64) error {
	if total > maxPage {
		return fmt.Errorf("%w: a page of %d bytes of text", errDamaged, total)
	}
	list, start := &s.list, s.list.ends[s.taken]
	list.text = list.text[:copy(list.text, list.text[start:])]
	list.ends = list.ends[:copy(list.ends, list.ends[s.taken:])]
	for i := range list.ends {
		list.ends[i] -= start
	}
	s.taken = 0
	list.ends = slices.Grow(list.ends, count)
	list.text = slices.Grow(list.text, int(total)+bodySlack)
	return nil
}

// paste copies n bytes and returns n. Both sides have bodySlack bytes behind
// these, so that short texts, which most are, take a few moves of fixed size.
func paste(to, from []byte, n int) int {
	if n > bodySlack/2 {
		return copy(to[:n], from)
	}
	to, from = to[:bodySlack/2], from[:bodySlack/2]
	a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
	c, d := binary.LittleEndian.Uint64(from[16:]), binary.LittleEndian.Uint64(from[24:])
	binary.LittleEndian.PutUint64(to, a)
	binary.LittleEndian.PutUint64(to[8:], b)
	binary.LittleEndian.PutUint64(to[16:], c)
	binary.LittleEndian.PutUint64(to[24:], d)
	return n
}

func (s *textStock) fill(to *arena, buffers []*memory.Buffer, levels []uint8, present uint8, count int) {
	ends := s.list.ends[s.taken : s.taken+count+1]
	s.taken += count
	first, last := ends[0], ends[count]
	buffers[1] = to.part(4 * (len(levels) + 1))
	offsets := arrow.Uint32Traits.CastFromBytes(buffers[1].Bytes())
	if count == len(levels) {
		for i, end := range ends {
			offsets[i] = end - first
		}
	} else {
		next := 0
		for i, level := range levels {
			offsets[i] = ends[next] - first
			next += int(reached(level, present))
		}
		offsets[len(levels)] = last - first
	}
	buffers[2] = to.part(int(last - first))
	copy(buffers[2].Bytes(), s.list.text[first:last])
}
