package rows

import (
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// formKind is what values are.
type formKind uint8

const (
	formText formKind = iota
	formTime
	formFlag
	formList
	formGroup
)

// rowForm writes values of an array in a form that delimits itself, see
// docs/manifest.md: 0 for null; else a number above 0, and then the value.
type rowForm struct {
	kind formKind
	// bits say which values are there, the first at offset; nil where all are.
	bits   []byte
	offset int
	// ends, text, times and flags are the values, of whichever type they are.
	ends  []int32
	text  []byte
	times []arrow.Timestamp
	flags []byte
	// parts are the fields of structs or the elements of lists.
	parts []rowForm
}

func newRowForm(values arrow.Array) rowForm {
	data := values.Data()
	f := rowForm{offset: data.Offset()}
	if values.NullN() > 0 {
		f.bits = values.NullBitmapBytes()
	}
	if values.Len() == 0 { // it may be without memory
		return f
	}
	switch values := values.(type) {
	case *array.String:
		f.kind = formText
		f.ends = values.ValueOffsets()
		if text := data.Buffers()[2]; text != nil {
			f.text = text.Bytes()
		}
	case *array.Timestamp:
		f.kind = formTime
		f.times = values.TimestampValues()
	case *array.Boolean:
		f.kind = formFlag
		f.flags = data.Buffers()[1].Bytes()
	case *array.List:
		f.kind = formList
		f.ends = values.Offsets()[f.offset:]
		f.parts = []rowForm{newRowForm(values.ListValues())}
	case *array.Struct:
		f.kind = formGroup
		for i := range values.NumField() {
			f.parts = append(f.parts, newRowForm(values.Field(i)))
		}
	default:
		panic("exporter: no digest for " + values.DataType().String())
	}
	return f
}

// append appends the value of a row.
func (f *rowForm) append(buf []byte, row int) []byte {
	if at := uint(f.offset + row); f.bits != nil && f.bits[at/8]>>(at%8)&1 == 0 {
		return append(buf, 0)
	}
	switch f.kind {
	case formText:
		text := f.text[f.ends[row]:f.ends[row+1]]
		buf = appendCount(buf, len(text)+1)
		buf = append(buf, text...)
	case formTime:
		buf = append(buf, 1)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(f.times[row]))
	case formFlag:
		at := uint(f.offset + row)
		buf = append(buf, 1+f.flags[at/8]>>(at%8)&1)
	case formList:
		start, end := int(f.ends[row]), int(f.ends[row+1])
		buf = appendCount(buf, end-start+1)
		for i := start; i < end; i++ {
			buf = f.parts[0].append(buf, i)
		}
	case formGroup:
		buf = append(buf, 1)
		for i := range f.parts {
			buf = f.parts[i].append(buf, row)
		}
	}
	return buf
}

// appendCount appends a number as unsigned LEB128. Nearly all are small, and the call of
// binary.AppendUvarint takes longer than they do.
func appendCount(buf []byte, count int) []byte {
	if count < 0x80 {
		return append(buf, byte(count))
	}
	return binary.AppendUvarint(buf, uint64(count))
}
