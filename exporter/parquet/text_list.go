package parquet

import "fmt"

// decodeSuffixes decodes DELTA_BYTE_ARRAY: how much of each text is that of the
// one before, how long the rest is, and the rests.
func (s *textStock) decodeSuffixes(from *unpacker, body []byte, count int) error {
	from.prefixes = grown(from.prefixes, count)
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
	s.join(from.prefixes, lengths, rest[:len(rest)+bodySlack])
	return nil
}

// join puts texts together from their beginnings and their rests.
func (s *textStock) join(prefixes, lengths []int64, rests []byte) {
	text, at, before := s.list.text[:cap(s.list.text)], len(s.list.text), 0
	for i, prefix := range prefixes {
		shared, length := int(prefix), int(lengths[i])
		copy(text[at:], text[before:before+shared])
		move(text[at+shared:], rests, length)
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
	u.rests = grown(u.rests, count)
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

// move copies a text. There is bodySlack behind both sides, so that a short one,
// which most are, takes a few moves of fixed size.
func move(to, from []byte, size int) {
	if size > 32 {
		copy(to, from[:size])
		return
	}
	*(*[32]byte)(to) = [32]byte(from)
}
