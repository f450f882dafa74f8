package parquet

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// values are the values of a page, without nulls, of one physical type.
type values interface {
	// add appends values of an array of the column's Arrow type.
	add(from arrow.Array, spans []span)
	// size is about how many bytes they take before compression.
	size() int
	// encode returns the body of their page, in dst's memory or more.
	encode(dst []byte) (encodedValues, error)
	// bounds are the least and the greatest value in the form of the footer, if there
	// are values and the column has bounds. They are not the caller's to keep.
	bounds(encoded encodedValues) (least, greatest []byte, ok bool)
	// clear begins a new page.
	clear()
}

// encodedValues is the body of a page.
type encodedValues struct {
	body     []byte
	encoding format.Encoding
	// numbers are those of the values in the dictionary of the row group, nil in a page
	// that is written without. They are valid until the next page.
	numbers []int32
}

func newValues(leaf *node, dictionary *dictionary, filter *bloomFilter) values {
	switch leaf.column.Type {
	case schema.Bool:
		return &boolValues{encoding: leaf.storage.encoding}
	case schema.Timestamp:
		t := &timeValues{encoding: leaf.storage.encoding, dictionary: dictionary}
		t.list.truncate(0)
		return t
	default:
		t := &textValues{storage: leaf.storage, dictionary: dictionary, filter: filter}
		t.list.truncate(0)
		return t
	}
}

// times are timestamps.
type timeValues struct {
	encoding encoding.Encoding
	values   []int64
	ends     [2][8]byte
	// dictionary is that of the row group, nil in columns without; list is the page for it.
	dictionary *dictionary
	list       textList
}

func (t *timeValues) add(from arrow.Array, spans []span) {
	all := from.(*array.Timestamp).TimestampValues()
	for _, span := range spans {
		for _, value := range all[span.start:span.end] {
			t.values = append(t.values, int64(value))
		}
	}
}

func (t *timeValues) size() int { return 8 * len(t.values) }
func (t *timeValues) clear()    { t.values = t.values[:0] }

func (t *timeValues) encode(dst []byte) (encodedValues, error) {
	if t.dictionary != nil {
		t.list.truncate(0)
		for _, value := range t.values {
			t.list.text = binary.LittleEndian.AppendUint64(t.list.text, uint64(value))
			t.list.ends = append(t.list.ends, uint32(len(t.list.text)))
		}
		if encoded, ok, err := t.dictionary.encode(dst, &t.list); ok {
			return encoded, err
		}
	}
	body, err := t.encoding.EncodeInt64(dst, t.values)
	return encodedValues{body: body, encoding: t.encoding.Encoding()}, err
}

func (t *timeValues) bounds(encodedValues) (least, greatest []byte, ok bool) {
	if len(t.values) == 0 {
		return nil, nil, false
	}
	low, high := t.values[0], t.values[0]
	for _, value := range t.values {
		low, high = min(low, value), max(high, value)
	}
	binary.LittleEndian.PutUint64(t.ends[0][:], uint64(low))
	binary.LittleEndian.PutUint64(t.ends[1][:], uint64(high))
	return t.ends[0][:], t.ends[1][:], true
}

// flags are booleans, packed.
type boolValues struct {
	encoding encoding.Encoding
	bits     []byte
	count    int
}

func (f *boolValues) add(from arrow.Array, spans []span) {
	packed, offset := from.Data().Buffers()[1].Bytes(), from.Data().Offset()
	for _, span := range spans {
		for bit := offset + span.start; bit < offset+span.end; bit++ {
			if f.count%8 == 0 {
				f.bits = append(f.bits, 0)
			}
			f.bits[f.count/8] |= packed[bit/8] >> (bit % 8) & 1 << (f.count % 8)
			f.count++
		}
	}
}

func (f *boolValues) size() int { return len(f.bits) }

func (f *boolValues) clear() {
	f.bits, f.count = f.bits[:0], 0
}

func (f *boolValues) encode(dst []byte) (encodedValues, error) {
	body, err := f.encoding.EncodeBoolean(dst, f.bits)
	return encodedValues{body: body, encoding: f.encoding.Encoding()}, err
}

func (f *boolValues) bounds(encodedValues) (least, greatest []byte, ok bool) {
	switch set := bitutil.CountSetBits(f.bits, 0, f.count); {
	case f.count == 0:
		return nil, nil, false
	case set == 0:
		return []byte{0}, []byte{0}, true
	case set == f.count:
		return []byte{1}, []byte{1}, true
	}
	return []byte{0}, []byte{1}, true
}
