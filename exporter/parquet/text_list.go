package parquet

import (
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// textList is a list of strings in one piece: text[ends[i]:ends[i+1]] is the one of number i.
type textList struct {
	text []byte
	ends []uint32
}

func (s *textList) at(i int) []byte { return s.text[s.ends[i]:s.ends[i+1]] }

// all yields them with their numbers.
func (s *textList) all() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		start := s.ends[0]
		for i, end := range s.ends[1:] {
			if !yield(i, s.text[start:end]) {
				return
			}
			start = end
		}
	}
}

func (s *textList) len() int { return len(s.ends) - 1 }

// truncate keeps the first n.
func (s *textList) truncate(n int) {
	s.ends = append(s.ends, 0)[:n+1] // the first time, the 0 that every list begins with
	s.text = s.text[:s.ends[n]]
}

func (s *textList) append(value []byte) {
	s.text = append(s.text, value...)
	s.ends = append(s.ends, uint32(len(s.text)))
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
			return fmt.Errorf("%w: texts are truncated", errDamaged)
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

// appendIndexed appends the values of a dictionary with these indices.
func (s *textList) appendIndexed(dictionary *textList, indices []int32) {
	ends, known := dictionary.ends, dictionary.text[:cap(dictionary.text)]
	first, at := len(s.ends), len(s.text)
	s.ends = slices.Grow(s.ends, len(indices))[:first+len(indices)]
	size := uint32(at)
	for i, index := range indices {
		size += ends[index+1] - ends[index]
		s.ends[first+i] = size
	}
	s.text = slices.Grow(s.text, int(size)-at+bodySlack)[:size]
	text := s.text[:cap(s.text)]
	for _, index := range indices {
		size := int(ends[index+1] - ends[index])
		move(text[at:], known[ends[index]:], size)
		at += size
	}
}

// appendSuffixes appends texts that share a prefix with the one before. There is room for them,
// and bodySlack behind the suffixes.
func (s *textList) appendSuffixes(prefixes, lengths []int64, suffixes []byte) {
	text, at, before := s.text[:cap(s.text)], len(s.text), 0
	for i, prefix := range prefixes {
		shared, length := int(prefix), int(lengths[i])
		copy(text[at:], text[before:before+shared])
		move(text[at+shared:], suffixes, length)
		suffixes = suffixes[length:]
		before, at = at, at+shared+length
		s.ends = append(s.ends, uint32(at))
	}
	s.text = text[:at]
}

// move copies a text. There is bodySlack behind both sides, so that a short one,
// which most are, takes a few moves of fixed size.
func move(to, from []byte, size int) {
	if size > 32 {
		copy(to, from[:size])
		return
	}
	*(*[32]byte)(to) = [32]byte(from)
}
