package parquet

import (
	"fmt"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// textBuffer holds strings: texts, or indices into the dictionary of the row group.
// Indices are resolved when a record takes them, or when plain texts follow.
type textBuffer struct {
	fits       func(size int64) error // of the texts of a page
	list       textList
	taken      int // of the list
	indices    queue[int32]
	dictionary textList
	bytes      int      // of the texts that wait
	found      textList // scratch memory
	lends      bool     // the texts of a record are those that were decoded, where none is null
}

func (s *textBuffer) clear() {
	s.list.truncate(0)
	s.dictionary.truncate(0)
	s.indices.clear()
	s.taken, s.bytes = 0, 0
}

func (s *textBuffer) size() int { return s.bytes }

// overhead counts the dictionary, the indices and the offsets of texts.
func (s *textBuffer) overhead() int {
	return len(s.dictionary.text) + 4*(len(s.dictionary.ends)+len(s.list.ends)+s.indices.len())
}

// count adds the texts of a page to those that wait.
func (s *textBuffer) count(size int) error {
	if err := s.fits(int64(size)); err != nil {
		return err
	}
	s.bytes += size
	return nil
}

// grow makes room for texts behind those that wait, which it moves over those
// that were taken.
func (s *textBuffer) grow(count, size int) error {
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
	list.appendIndexed(&s.dictionary, s.indices.take(s.indices.len()))
	list.ends = slices.Grow(list.ends, count)
	list.text = slices.Grow(list.text, size+bodySlack)
	return nil
}

func (s *textBuffer) buffers(count int, levels []uint8, maxDef uint8) []*memory.Buffer {
	var ends []uint32
	var text []byte
	if s.indices.len() > 0 {
		s.found.ends, s.found.text = append(s.found.ends[:0], 0), nil
		s.found.appendIndexed(&s.dictionary, s.indices.take(count))
		ends, text = s.found.ends, s.found.text
	} else {
		ends = s.list.ends[s.taken : s.taken+count+1]
		s.taken += count
		if s.lends && count == len(levels) {
			s.bytes -= int(ends[count] - ends[0])
			return buffersOf(arrow.Uint32Traits.CastToBytes(ends), s.list.text)
		}
		text = slices.Clone(s.list.text[ends[0]:ends[count]])
	}
	s.bytes -= len(text)
	return buffersOf(arrow.Uint32Traits.CastToBytes(offsetsOf(ends, levels, maxDef)), text)
}

// offsetsOf returns the offsets of an array of texts, a value for each level of maxDef.
func offsetsOf(ends []uint32, levels []uint8, maxDef uint8) []uint32 {
	offsets, first, next := make([]uint32, len(levels)+1), ends[0], 0
	if len(ends) == len(offsets) {
		for i, end := range ends {
			offsets[i] = end - first
		}
		return offsets
	}
	for i, level := range levels {
		if level >= maxDef {
			next++
		}
		offsets[i+1] = ends[next] - first
	}
	return offsets
}

func (s *textBuffer) decode(from *pageDecoder, page *page, count int) error {
	switch {
	case page.dictionary:
		return s.dictionary.appendPlain(page.body, int(page.NumValues))
	case count == 0: // older files have no body then
		return nil
	case page.Encoding == format.RLEDictionary:
		return s.decodeIndices(page.body, count)
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

// decodeSuffixes decodes DELTA_BYTE_ARRAY: how much of each text is that of the
// one before, how long the rest is, and the rests.
func (s *textBuffer) decodeSuffixes(from *pageDecoder, body []byte, count int) error {
	from.prefixes = resized(from.prefixes, count)
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
		total += int(min(prefix, from.maxPage+1))
	}
	if err := s.grow(count, total); err != nil {
		return err
	}
	s.list.appendSuffixes(from.prefixes, lengths, rest[:len(rest)+bodySlack])
	return nil
}

// decodeTexts decodes DELTA_LENGTH_BYTE_ARRAY: all lengths, and all texts.
func (s *textBuffer) decodeTexts(from *pageDecoder, body []byte, count int) error {
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

// decodeIndices decodes RLE_DICTIONARY into all of to: the bit width, then the indices.
func decodeIndices(to []int32, body []byte) error {
	if len(body) == 0 || body[0] > 32 {
		return fmt.Errorf("%w: invalid bit width of dictionary indices", errDamaged)
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

// decodeIndices adds the dictionary indices of a page.
func (s *textBuffer) decodeIndices(body []byte, count int) error {
	indices := s.indices.add(count)
	if err := decodeIndices(indices, body); err != nil {
		return err
	}
	ends, total := s.dictionary.ends, 0
	for _, index := range indices {
		if uint(index) >= uint(len(ends)-1) {
			return fmt.Errorf("%w: index %d in a dictionary of %d", errDamaged, index, len(ends)-1)
		}
		total += int(ends[index+1] - ends[index])
	}
	if s.taken < s.list.len() { // texts wait, and these come behind them
		return s.grow(0, total)
	}
	return s.count(total)
}
