package rows

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/bitutil"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Piece is rows of a record: From is in it, To is not.
type Piece struct {
	Rec      arrow.Record
	From, To int
}

// Concat returns a record of the pieces' rows, one after the other. It copies
// column by column, unless there is one piece, whose memory the result then
// shares. The caller releases it.
func Concat(as *arrow.Schema, pieces []Piece) arrow.Record { return new(joiner).concat(as, pieces) }

// joiner copies values. The memory of what it makes is the collector's to free, unless it
// has memory of its own to use again.
type joiner struct {
	// most is how much memory is used again, 0 for none: then the copies must not be used
	// after reset. used is that of the copies since.
	most int
	used []byte
}

// reset takes the memory of all copies back.
func (j *joiner) reset() {
	if j.used = j.used[:0]; cap(j.used) > j.most {
		j.used = nil // it was made for a row that is larger than others
	}
}

// buffer is memory for a copy. What is in it does not matter.
func (j *joiner) buffer(size int) *memory.Buffer {
	if j.most == 0 {
		return memory.NewBufferBytes(make([]byte, size))
	}
	from := (len(j.used) + 7) &^ 7 // integers begin there
	if from+size > cap(j.used) {
		from, j.used = 0, make([]byte, 0, max(size, 2*cap(j.used))) // copies keep what they are in
	}
	j.used = j.used[:from+size]
	return memory.NewBufferBytes(j.used[from : from+size : from+size])
}

func (j *joiner) concat(as *arrow.Schema, pieces []Piece) arrow.Record {
	if len(pieces) == 1 {
		one := pieces[0].Rec.NewSlice(int64(pieces[0].From), int64(pieces[0].To))
		defer one.Release()
		return array.NewRecord(as, one.Columns(), one.NumRows())
	}
	var rows int64
	for _, one := range pieces {
		rows += int64(one.To - one.From)
	}
	columns := make([]arrow.Array, as.NumFields())
	parts := make([]part, len(pieces))
	for i := range columns {
		for at, one := range pieces {
			parts[at] = part{one.Rec.Column(i), one.From, one.To}
		}
		columns[i] = array.MakeFromData(j.join(as.Field(i).Type, parts))
	}
	return array.NewRecord(as, columns, rows)
}

// part is values of an array: from is in it, to is not.
type part struct {
	values   arrow.Array
	from, to int
}

// join copies the values of all parts into new memory.
func (j *joiner) join(kind arrow.DataType, parts []part) *array.Data {
	var length int
	for _, one := range parts {
		length += one.to - one.from
	}
	validity, nulls := j.validity(parts, length)
	buffers := []*memory.Buffer{validity}
	var children []arrow.ArrayData
	switch kind := kind.(type) {
	case *arrow.StringType:
		buffers = append(buffers, j.text(parts, length)...)
	case *arrow.BooleanType:
		buffers = append(buffers, j.bits(parts, length, 1))
	case *arrow.TimestampType:
		buffers = append(buffers, j.times(parts, length))
	case *arrow.ListType:
		offsets, elements := j.lists(parts, length)
		buffers = append(buffers, offsets)
		children = append(children, j.join(kind.Elem(), elements))
	case *arrow.StructType:
		fields := make([]part, len(parts))
		for i := range kind.Fields() {
			for at, one := range parts {
				fields[at] = part{one.values.(*array.Struct).Field(i), one.from, one.to}
			}
			children = append(children, j.join(kind.Field(i).Type, fields))
		}
	default:
		panic(fmt.Sprintf("rows: cannot copy a %s", kind))
	}
	return array.NewData(kind, length, buffers, children, nulls, 0)
}

// validity returns no bitmap where there are no nulls.
func (j *joiner) validity(parts []part, length int) (bitmap *memory.Buffer, nulls int) {
	for _, one := range parts {
		if one.values.NullN() > 0 {
			bitmap = j.bits(parts, length, 0)
			return bitmap, length - bitutil.CountSetBits(bitmap.Bytes(), 0, length)
		}
	}
	return nil, 0
}

// bits copies the bitmaps that stand in that buffer; where a part has none,
// every bit is set.
func (j *joiner) bits(parts []part, length, buffer int) *memory.Buffer {
	joined := j.buffer((length + 7) / 8)
	clear(joined.Bytes())
	at := 0
	for _, one := range parts {
		data := one.values.Data()
		if bits := data.Buffers()[buffer]; bits != nil && bits.Len() > 0 {
			bitutil.CopyBitmap(bits.Bytes(), data.Offset()+one.from, one.to-one.from, joined.Bytes(), at)
		} else {
			bitutil.SetBitsTo(joined.Bytes(), int64(at), int64(one.to-one.from), true)
		}
		at += one.to - one.from
	}
	return joined
}

func (j *joiner) times(parts []part, length int) *memory.Buffer {
	joined := j.buffer(arrow.TimestampTraits.BytesRequired(length))
	to := arrow.TimestampTraits.CastFromBytes(joined.Bytes())
	for _, one := range parts {
		n := copy(to, one.values.(*array.Timestamp).TimestampValues()[one.from:one.to])
		to = to[n:]
	}
	return joined
}

// text returns the offsets and the text.
func (j *joiner) text(parts []part, length int) []*memory.Buffer {
	var size int
	for _, one := range parts {
		if one.from < one.to { // an array without values may be without memory
			text := one.values.(*array.String)
			size += text.ValueOffset(one.to) - text.ValueOffset(one.from)
		}
	}
	offsets, joined := j.buffer(arrow.Int32Traits.BytesRequired(length+1)), j.buffer(size)
	ends, at := arrow.Int32Traits.CastFromBytes(offsets.Bytes()), int32(0)
	ends[0], ends = 0, ends[1:]
	for _, one := range parts {
		if one.from == one.to {
			continue
		}
		text := one.values.(*array.String)
		from := text.ValueOffsets()[one.from : one.to+1]
		first := int32(text.ValueOffset(one.from))
		base := text.ValueOffset(0)
		copy(joined.Bytes()[at:], text.ValueBytes()[int(first)-base:text.ValueOffset(one.to)-base])
		for i, end := range from[1:] {
			ends[i] = end - first + at
		}
		at += from[len(from)-1] - first
		ends = ends[len(from)-1:]
	}
	return []*memory.Buffer{offsets, joined}
}

// lists returns the offsets, and where the elements are.
func (j *joiner) lists(parts []part, length int) (offsets *memory.Buffer, elements []part) {
	offsets = j.buffer(arrow.Int32Traits.BytesRequired(length + 1))
	ends, at := arrow.Int32Traits.CastFromBytes(offsets.Bytes()), int32(0)
	ends[0], ends = 0, ends[1:]
	elements = make([]part, 0, len(parts))
	for _, one := range parts {
		if one.from == one.to {
			continue
		}
		lists := one.values.(*array.List)
		from := lists.Offsets()[lists.Data().Offset()+one.from : lists.Data().Offset()+one.to+1]
		first, last := from[0], from[len(from)-1]
		for i, end := range from[1:] {
			ends[i] = end - first + at
		}
		at += last - first
		ends = ends[len(from)-1:]
		elements = append(elements, part{lists.ListValues(), int(first), int(last)})
	}
	return offsets, elements
}
