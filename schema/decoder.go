package schema

import (
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"
)

// Decoder turns response bodies of `GET /inbox` into pages. It reuses its
// memory and must not be used concurrently.
//
// Nothing the API sent is lost: a value is in its column, or in the column
// `extra`, or, where the column can hold it only in part, in both. Absent and
// null are the same. Keys count with their case.
type Decoder struct {
	table     *Table
	mem       memory.Allocator
	rows      *rows
	surprises surprises
	reader    *reader // of the body
	inner     *reader // of pagination
	name      []byte
}

// NewDecoder returns a decoder of pages that hold rows of the table. The
// records' memory comes from mem.
func NewDecoder(table *Table, mem memory.Allocator) *Decoder {
	return &Decoder{
		table:     table,
		mem:       mem,
		surprises: surprises{found: map[string]struct{}{}},
		reader:    newReader(),
		inner:     newReader(),
	}
}

// Decode reads one whole response body, which arrived at fetchedAt (kept in
// UTC, cut off to microseconds). The body is not kept. Every error is a
// *PageError; then there is nothing to release.
func (d *Decoder) Decode(body []byte, fetchedAt time.Time) (Page, error) {
	if d.rows == nil {
		d.rows = newRows(d.table, d.mem, &d.surprises)
	}
	pagination, broken := d.envelope(body, fetchedAt)
	unknown := d.surprises.take()
	if broken != nil {
		d.rows.release()
		d.rows = nil
		return Page{}, broken
	}
	return Page{Record: d.rows.take(), Pagination: pagination, UnknownFields: unknown}, nil
}

// unquote returns the text of a name, valid until the next call.
func (d *Decoder) unquote(name []byte) string {
	d.name, _ = jsontext.AppendUnquote(d.name[:0], name)
	return string(d.name)
}
