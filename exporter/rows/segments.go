package rows

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/schema"
)

// run is sorted rows: segments in file order, and behind them pages that wait in
// memory until they are worth a segment.
type run struct {
	segments []segment
	pages    []page
	waiting  int // bytes of the pages
	last     schema.RowKey
}

// page is a page in memory.
type page struct {
	rec   arrow.Record
	from  origin
	bytes int
}

// segment is a record on disk.
type segment struct {
	offset, length int64
	// from is where its rows come from; empty when it holds winners only.
	from []origin
}

// origin is rows of one page, which have consecutive numbers in the index.
type origin struct {
	first int64
	rows  int
}

// release drops the pages that wait.
func (r *run) release() {
	for _, page := range r.pages {
		page.rec.Release()
	}
	clear(r.pages)
	r.pages, r.waiting = r.pages[:0], 0
}

// segmentOf is the first of some pages that make a segment of so many bytes.
func segmentOf(pages []page, bytes int) []page {
	size := 0
	for i, page := range pages {
		if size += page.bytes; size >= bytes {
			return pages[:i+1]
		}
	}
	return pages
}

// segmentFile holds the segments of all runs of a sorter, one behind the other.
type segmentFile struct {
	file    TempFile
	schema  *arrow.Schema // without metadata: segments repeat it
	most    int           // bytes that a segment should have at most
	written int64
	body    bytes.Buffer // the segment being written
	joined  joiner       // of its pages
}

func newSegmentFile(table *schema.Table, limits Limits, file TempFile) segmentFile {
	return segmentFile{file: file, schema: plainSchema(table.Arrow()), most: limits.segment, joined: joiner{most: 4 * limits.segment}}
}

// appendPages writes pages at the end of a run, as one segment if they can be.
func (f *segmentFile) appendPages(to *run, pages []page) error {
	pieces, from := make([]Piece, len(pages)), make([]origin, len(pages))
	for i, page := range pages {
		pieces[i], from[i] = Piece{page.rec, 0, int(page.rec.NumRows())}, page.from
	}
	defer f.joined.reset()
	rec := f.joined.concat(f.schema, pieces)
	defer rec.Release()
	return f.append(to, rec, from)
}

// append writes a record at the end of a run, as one segment or, when its rows are
// large, as several: a merge holds a segment of every run.
func (f *segmentFile) append(to *run, rec arrow.Record, from []origin) error {
	parts := max(1, min(util.TotalRecordSize(rec)/int64(f.most), rec.NumRows()))
	for part := range parts {
		first, end := rec.NumRows()*part/parts, rec.NumRows()*(part+1)/parts
		var origins []origin
		origins, from = splitOrigins(from, int(end-first))
		if err := f.appendRows(to, rec, first, end, origins); err != nil {
			return err
		}
	}
	return nil
}

// splitOrigins divides origins before a row; those of winners are none.
func splitOrigins(from []origin, rows int) (before, behind []origin) {
	for i, one := range from {
		if one.rows > rows {
			before = append(slices.Clone(from[:i]), origin{one.first, rows})
			behind = append([]origin{{one.first + int64(rows), one.rows - rows}}, from[i+1:]...)
			if rows == 0 {
				before = before[:i]
			}
			return before, behind
		}
		rows -= one.rows
	}
	return from, nil
}

// appendRows writes rows of a record as a segment. Where a few of them are far larger
// than the others, it makes two of it.
func (f *segmentFile) appendRows(to *run, whole arrow.Record, first, end int64, from []origin) error {
	rec := whole.NewSlice(first, end)
	defer rec.Release()
	f.body.Reset()
	plain := array.NewRecord(f.schema, rec.Columns(), rec.NumRows())
	defer plain.Release()
	writer := ipc.NewWriter(&f.body, ipc.WithSchema(f.schema))
	if err := errors.Join(writer.Write(plain), writer.Close()); err != nil {
		return fmt.Errorf("encode temporary rows: %w", err)
	}
	if f.body.Len() > 2*f.most && end-first > 1 && end-first < whole.NumRows() {
		middle := (first + end) / 2
		before, behind := splitOrigins(from, int(middle-first))
		if err := f.appendRows(to, whole, first, middle, before); err != nil {
			return err
		}
		return f.appendRows(to, whole, middle, end, behind)
	}
	if _, err := f.file.Write(f.body.Bytes()); err != nil {
		return fmt.Errorf("write temporary rows: %w", err)
	}
	to.segments = append(to.segments, segment{offset: f.written, length: int64(f.body.Len()), from: from})
	f.written += int64(f.body.Len())
	return nil
}

// load reads a segment back; the caller releases the record.
func (f *segmentFile) load(at segment) (arrow.Record, error) {
	reader, err := ipc.NewReader(io.NewSectionReader(f.file, at.offset, at.length))
	if err != nil {
		return nil, fmt.Errorf("read temporary rows: %w", err)
	}
	defer reader.Release()
	rec, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("read temporary rows: %w", err)
	}
	rec.Retain()
	return rec, nil
}

// runCursor walks one run of a sorter.
type runCursor struct {
	block
	sorter *Sorter
	rest   []segment
	pages  []page // behind the segments
	from   []origin
}

func (c *runCursor) keep() bool {
	if len(c.from) == 0 {
		return true
	}
	number := c.from[0].first
	c.from[0].first++
	if c.from[0].rows--; c.from[0].rows == 0 {
		c.from = c.from[1:]
	}
	return !c.sorter.index.IsLost(number)
}

func (c *runCursor) advance() (bool, error) {
	c.release()
	rec, from, size, err := c.next()
	if err != nil || rec == nil {
		return false, err
	}
	keys, err := c.sorter.table.Keys(rec)
	if err != nil {
		rec.Release()
		return false, err
	}
	c.enter(rec, keys, size)
	c.from = from
	return true, nil
}

// next is the record behind that under the cursor; nil at the end.
func (c *runCursor) next() (rec arrow.Record, from []origin, size int, err error) {
	switch {
	case len(c.rest) > 0:
		first := c.rest[0]
		c.rest = c.rest[1:]
		rec, err = c.sorter.segments.load(first)
		return rec, slices.Clone(first.from), int(first.length), err
	case len(c.pages) > 0:
		first := c.pages[0]
		c.pages = c.pages[1:]
		first.rec.Retain()
		return first.rec, []origin{first.from}, first.bytes, nil
	}
	return nil, nil, 0, nil
}

func (c *runCursor) release() {
	if c.rec != nil {
		c.rec.Release()
		c.rec = nil
	}
}
