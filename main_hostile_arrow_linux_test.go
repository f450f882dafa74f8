package main

import (
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// flat builds a flatbuffer by hand: builders do not let places share what they
// point to. Each table has a vtable of its own before it.
type flat struct{ bytes []byte }

// table appends a table whose slots hold places to fill in later, 0 for none.
func (f *flat) table(slots ...bool) (at int) {
	for len(f.bytes)%2 != 0 || (len(f.bytes)+4+2*len(slots))%4 != 0 {
		f.bytes = append(f.bytes, 0)
	}
	vtable := len(f.bytes)
	f.bytes = binary.LittleEndian.AppendUint16(f.bytes, uint16(4+2*len(slots)))
	f.bytes = binary.LittleEndian.AppendUint16(f.bytes, uint16(4+4*len(slots)))
	for i, used := range slots {
		offset := uint16(4 + 4*i)
		if !used {
			offset = 0
		}
		f.bytes = binary.LittleEndian.AppendUint16(f.bytes, offset)
	}
	at = len(f.bytes)
	f.bytes = binary.LittleEndian.AppendUint32(f.bytes, uint32(at-vtable))
	f.bytes = append(f.bytes, make([]byte, 4*len(slots))...)
	return at
}

// point has a slot of a table, or an element of a vector, point to a later place.
func (f *flat) point(from, to int) { binary.LittleEndian.PutUint32(f.bytes[from:], uint32(to-from)) }

// slot is where a slot of a table is.
func slot(table, number int) int { return table + 4 + 4*number }

// vector appends a vector of count elements of a size.
func (f *flat) vector(count, size int) (at int) {
	for len(f.bytes)%4 != 0 {
		f.bytes = append(f.bytes, 0)
	}
	at = len(f.bytes)
	f.bytes = binary.LittleEndian.AppendUint32(f.bytes, uint32(count))
	f.bytes = append(f.bytes, make([]byte, count*size)...)
	return at
}

func (f *flat) text(text string) (at int) {
	at = f.vector(len(text), 1)
	copy(f.bytes[at+4:], text)
	return at
}

// footer begins a footer with a schema, which has fields and metadata.
func footer() (f *flat, root, fields int) {
	f = &flat{bytes: make([]byte, 4)}
	root = f.table(false, true, true, true)
	f.point(0, root)
	fields = f.table(false, true, true)
	f.point(slot(root, 1), fields)
	for _, empty := range []int{slot(root, 2), slot(root, 3), slot(fields, 1), slot(fields, 2)} {
		f.point(empty, f.vector(0, 4))
	}
	return f, root, fields
}

// sharedText has pairs of metadata that all have one text.
func sharedText(pairs, size int) []byte {
	f, _, schema := footer()
	all := f.vector(pairs, 4)
	f.point(slot(schema, 2), all)
	pair := f.table(true, true)
	for i := range pairs {
		f.point(all+4+4*i, pair)
	}
	text := f.text(strings.Repeat("x", size))
	f.point(slot(pair, 0), text)
	f.point(slot(pair, 1), text)
	return f.bytes
}

// sharedFields has a field with two children, which are one, and so on.
func sharedFields(depth int) []byte {
	f, _, schema := footer()
	from := slot(schema, 1)
	for range depth {
		two := f.vector(2, 4)
		f.point(from, two)
		field := f.table(true, false, false, false, false, true)
		f.point(slot(field, 0), f.text("field"))
		f.point(two+4, field)
		f.point(two+8, field)
		from = slot(field, 5)
	}
	f.point(from, f.vector(0, 4))
	return f.bytes
}

// manyBlocks has a vector of blocks in a slot of the footer.
func manyBlocks(number, count int) []byte {
	f, root, _ := footer()
	f.point(slot(root, number), f.vector(count, 24))
	return f.bytes
}

// arrowFooter is an Arrow file that is a footer.
func arrowFooter(build func() []byte) func(*testing.T, *os.File) {
	return func(t *testing.T, to *os.File) {
		footer := build()
		write(t, to, []byte("ARROW1\x00\x00"), footer, binary.LittleEndian.AppendUint32(nil, uint32(len(footer))), []byte("ARROW1"))
	}
}

// largeRow is a row with so many texts of a size; with none, its list has as many elements.
func largeRow(table *schema.Table, texts, size int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for i, column := range table.Columns {
		switch to := builder.Field(i).(type) {
		case *array.StringBuilder:
			switch {
			case column.Required:
				to.Append("ibx_1")
			case texts > 0 && strings.HasPrefix(column.Name, "last_") && column.Name != "last_replied_channel": // others have bounds in the footer
				to.Append(strings.Repeat("x", size))
				texts--
			default:
				to.AppendNull()
			}
		case *array.TimestampBuilder:
			to.Append(1)
		case *array.ListBuilder:
			elements, plain := to.ValueBuilder().(*array.StringBuilder)
			if !plain || size > 10<<20 {
				to.AppendNull()
				continue
			}
			to.Append(true)
			for range size {
				elements.Append("")
			}
		default:
			to.AppendNull()
		}
	}
	return builder.NewRecord()
}
