package decode

import (
	"errors"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// Decoder turns response bodies of `GET /inbox` into pages. It reuses its
// memory and must not be used concurrently.
//
// Nothing the API sent is lost: a value is in its column, or in the column
// `extra`, or, where the column can hold it only in part, in both. Absent and
// null are the same. Keys count with their case.
type Decoder struct {
	table     *schema.Table
	mem       memory.Allocator
	rows      rows
	surprises surprises
	name      []byte
	most      int // Size to Append to
}

// NewDecoder returns a decoder of pages that hold rows of the table. The
// records' memory comes from mem, one piece for each, and is not the decoder's.
func NewDecoder(table *schema.Table, mem memory.Allocator) *Decoder {
	d := &Decoder{table: table, mem: mem, most: maxGathered, surprises: surprises{known: map[string]*surprise{}, page: 1}}
	d.rows = newRows(table, &d.surprises)
	return d
}

// Decode reads one whole response body, which arrived at fetchedAt (kept in
// UTC, cut off to microseconds). The body is not kept. Every error is a
// *PageError; then there is nothing to release.
func (d *Decoder) Decode(body []byte, fetchedAt time.Time) (Page, error) {
	page, err := d.Append(body, fetchedAt)
	if err == nil {
		page.Record = d.Take()
	}
	return page, err
}

// Append is Decode without a record: the rows wait for Take. A record of some
// thousand rows costs far less, by the row, than one of a page. After an error
// the rows appended before still wait.
func (d *Decoder) Append(body []byte, fetchedAt time.Time) (Page, error) {
	n := d.rows.row.len()
	if n > 0 && d.Size() > d.most {
		return Page{}, errors.New("too many rows wait for Take: 1 GiB is the most")
	}
	pagination, broken := d.envelope(body, fetchedAt)
	unknown := d.surprises.take()
	unreadable, form := d.rows.takeUnreadable()
	if broken != nil {
		d.rows.row.cut(n)
		return Page{}, broken
	}
	return Page{Pagination: pagination, UnknownFields: unknown, UnreadableVersions: unreadable, UnreadableForm: form}, nil
}

// Size is how much memory, in bytes, the record of Take will have at most.
func (d *Decoder) Size() int { return d.rows.row.size() }

// Take returns a record of the rows that wait, possibly none. The caller
// releases it.
func (d *Decoder) Take() arrow.Record {
	defer d.rows.row.forget()
	return d.rows.row.record(d.table.Arrow(), d.mem)
}

// unquote returns the text of a name, valid until the next call.
func (d *Decoder) unquote(name []byte) []byte {
	d.name, _ = jsontext.AppendUnquote(d.name[:0], name)
	return d.name
}
