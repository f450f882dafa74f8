package parquet

import (
	"encoding/binary"
	"fmt"
	"slices"
)

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
	s.join(from.prefixes, lengths, rest[:len(rest)+bodySlack])
	return nil
}

// join puts texts together from their beginnings and their rests. There is
// bodySlack behind both sides, so that short texts, which most are, take a few
// moves of fixed size; and head has the beginning of the last one, which could
// not be loaded again before the memory has it.
func (s *textStock) join(prefixes, lengths []int64, rests []byte) {
	text, at, before := s.list.text[:cap(s.list.text)], uint(len(s.list.text)), uint(0)
	head := uint64(0)
	for i, prefix := range prefixes {
		shared, length := uint(prefix), uint(lengths[i])
		if shared <= 8 && length <= 32 {
			head = head&(1<<(8*shared)-1) | binary.LittleEndian.Uint64(rests)<<(8*shared)
			binary.LittleEndian.PutUint64(text[at:], head)
			move32(text[at+shared:], rests)
		} else {
			copy(text[at:], text[before:before+shared])
			copy(text[at+shared:], rests[:length])
			head = binary.LittleEndian.Uint64(text[at:])
		}
		rests = rests[length:]
		before, at = at, at+shared+length
		s.list.ends = append(s.list.ends, uint32(at))
	}
	s.list.text = text[:at]
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
	u.rests = slices.Grow(u.rests[:0], count)[:count]
	texts, err = decodeDeltas(u.rests, data)
	left := int64(len(texts))
	for _, length := range u.rests {
		if length < 0 || length > left {
			left = -1
			break
		}
		left -= length
	}
	if err == nil && left != 0 {
		err = fmt.Errorf("%w: the lengths of texts are not those of %d bytes", errDamaged, len(texts))
	}
	return u.rests, texts, err
}

// move copies a text with bodySlack behind both sides: in few moves of fixed size
// where it is short, which most are.
func move(to, from []byte, size int) {
	switch {
	case size <= 32:
		move32(to, from)
	case size <= bodySlack:
		move32(to, from)
		move32(to[32:], from[32:])
	default:
		copy(to, from[:size])
	}
}

// move32 copies 32 bytes.
func move32(to, from []byte) {
	to, from = to[:32], from[:32]
	a, b := binary.LittleEndian.Uint64(from), binary.LittleEndian.Uint64(from[8:])
	c, d := binary.LittleEndian.Uint64(from[16:]), binary.LittleEndian.Uint64(from[24:])
	binary.LittleEndian.PutUint64(to, a)
	binary.LittleEndian.PutUint64(to[8:], b)
	binary.LittleEndian.PutUint64(to[16:], c)
	binary.LittleEndian.PutUint64(to[24:], d)
}
