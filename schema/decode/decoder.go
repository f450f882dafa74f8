package decode

import (
	"bytes"
	"errors"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// Decoder turns the response bodies of one table into pages. It reuses its
// memory and must not be used concurrently.
//
// Every value in the object of a row is kept: in its column, in the column `extra`, or
// in both where the column can hold only a part of it. Absent and null are the same.
// Keys are case-sensitive. Around the rows, the names of unknown keys are kept; of a
// team (schema.EnvelopeTeam) they are not, because they may hold secrets.
type Decoder struct {
	table     *schema.Table
	mem       memory.Allocator
	rows      fastRows
	anomalies anomalies
	most      int // Size to Append to
}

// NewDecoder returns a decoder of responses with rows of the table. It allocates the
// memory of each record from mem, in one piece that belongs to the record.
func NewDecoder(table *schema.Table, mem memory.Allocator) *Decoder {
	d := &Decoder{table: table, mem: mem, most: maxBuffered, anomalies: anomalies{known: map[string]*anomaly{}, page: 1}}
	d.rows.rows = newRows(table, &d.anomalies)
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

// Append is Decode without a record: it buffers the rows until Take. A record of some
// thousand rows costs far less per row than the record of one page. An error leaves the
// rows that were buffered before.
func (d *Decoder) Append(body []byte, fetchedAt time.Time) (Page, error) {
	n := d.rows.row.len()
	if n > 0 && d.Size() > d.most {
		return Page{}, errors.New("more than 1 GiB of rows is buffered: call Take")
	}
	pagination, broken := d.envelope(body, fetchedAt)
	unknown := d.anomalies.take()
	unreadable, form := d.rows.takeUnreadable()
	if broken != nil {
		d.rows.row.cut(n)
		return Page{}, broken
	}
	return Page{Pagination: pagination, UnknownFields: unknown, UnreadableVersions: unreadable, UnreadableForm: form}, nil
}

// Size is the most memory, in bytes, that the record of Take can have.
func (d *Decoder) Size() int { return sizeOf(d.rows.row) }

// Take returns a record of the buffered rows, possibly none. The caller releases it.
func (d *Decoder) Take() arrow.Record {
	defer d.rows.row.reset()
	return recordOf(d.rows.row, d.table.Arrow(), d.mem)
}

// envelope reads a whole body and appends its rows.
func (d *Decoder) envelope(body []byte, fetchedAt time.Time) (pagination Pagination, broken *PageError) {
	if len(body) > maxBody {
		return Pagination{}, &PageError{Expected: expected(d.table), Reason: "larger than 64 MiB", Offset: maxBody}
	}
	// RFC 8259, section 8.1 lets a reader ignore a byte order mark.
	text := bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	from := origin{fetchedAt: fetchedAt.UnixMicro()}
	switch d.table.Request.Envelope {
	case schema.EnvelopePage:
		pagination, broken = readPage(&d.rows, text, from)
	case schema.EnvelopeArray:
		broken = readArray(&d.rows, text, from)
	case schema.EnvelopeTeam:
		broken = readTeam(&d.rows, text, from)
	default:
		broken = brokenAt(0, "no known envelope")
	}
	if broken != nil {
		broken.Expected = expected(d.table)
		broken.Offset += int64(len(body) - len(text))
	}
	return pagination, broken
}
