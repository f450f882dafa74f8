package parquet

import (
	"bytes"
	"encoding/binary"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// texts are strings.
type textValues struct {
	storage storage
	list    textList
	// dictionary is that of the row group, nil in columns without.
	dictionary *dictionary
	// filter is nil in columns without.
	filter *bloomFilter
}

func (t *textValues) add(from arrow.Array, spans []span) {
	all := from.(*array.String)
	text, ends := all.ValueBytes(), all.ValueOffsets()
	first := ends[0]
	for _, span := range spans {
		ends := ends[span.start : span.end+1]
		shift := uint32(len(t.list.text)) - uint32(ends[0])
		t.list.text = append(t.list.text, text[ends[0]-first:ends[len(ends)-1]-first]...)
		for _, end := range ends[1:] {
			t.list.ends = append(t.list.ends, uint32(end)+shift)
		}
	}
}

func (t *textValues) size() int { return len(t.list.text) + 4*t.list.len() }
func (t *textValues) clear()    { t.list.truncate(0) }

func (t *textValues) encode(dst []byte) (encodedValues, error) {
	if t.dictionary != nil {
		if encoded, ok, err := t.dictionary.encode(dst, &t.list); ok {
			return encoded, err
		}
	}
	if t.filter != nil {
		t.filter.add(&t.list)
	}
	body, err := t.storage.encoding.EncodeByteArray(dst, t.list.text, t.list.ends)
	return encodedValues{body: body, encoding: t.storage.encoding.Encoding()}, err
}

func (t *textValues) bounds(encoded encodedValues) (least, greatest []byte, ok bool) {
	switch {
	case !t.storage.bounds || t.list.len() == 0:
		return nil, nil, false
	case encoded.numbers != nil:
		least, greatest = bounds(t.dictionary.values(encoded.numbers))
	default:
		least, greatest = bounds(t.list.all())
	}
	return least, greatest, true
}

// bounds returns the least and the greatest of some texts.
func bounds(texts iter.Seq2[int, []byte]) (least, greatest []byte) {
	var lowest, highest uint64
	some := false
	for _, value := range texts {
		first := head(value)
		if !some {
			least, greatest, lowest, highest, some = value, value, first, first, true
			continue
		}
		switch {
		case first < lowest || first == lowest && bytes.Compare(value, least) < 0:
			least, lowest = value, first
		case first > highest || first == highest && bytes.Compare(value, greatest) > 0:
			greatest, highest = value, first
		}
	}
	return least, greatest
}

// head is the beginning of a text as a number of the same order: of two texts
// with different heads, the one with the greater head is the greater.
func head(text []byte) uint64 {
	if len(text) >= 8 {
		return binary.BigEndian.Uint64(text)
	}
	var padded [8]byte
	copy(padded[:], text)
	return binary.BigEndian.Uint64(padded[:])
}
