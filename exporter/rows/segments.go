package rows

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"

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
	schema  *arrow.Schema
	most    int // bytes that a segment should have at most
	written int64
	packed  packer // the segment being written
}

func newSegmentFile(table *schema.Table, limits Limits, file TempFile) segmentFile {
	return segmentFile{file: file, schema: table.Arrow(), most: limits.segment}
}

// appendPages writes pages at the end of a run, as one segment if they can be.
func (f *segmentFile) appendPages(to *run, pages []page) error {
	pieces, from := make([]Piece, len(pages)), make([]origin, len(pages))
	for i, page := range pages {
		pieces[i], from[i] = Piece{page.rec, 0, int(page.rec.NumRows())}, page.from
	}
	return f.append(to, pieces, from)
}

// append writes rows at the end of a run, as one segment or, when they are large, as
// several: a merge holds a segment of every run.
func (f *segmentFile) append(to *run, pieces []Piece, from []origin) error {
	size, rows := packedSize(f.schema, pieces), rowsOf(pieces)
	if size <= 2*f.most || rows <= 1 {
		return f.write(to, pieces, size, from)
	}
	for parts := min(size/f.most, rows); parts > 0; parts-- {
		part := rowsOf(pieces) / parts
		var some []Piece
		some, pieces = splitPieces(pieces, part)
		var origins []origin
		origins, from = splitOrigins(from, part)
		if err := f.append(to, some, origins); err != nil {
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

// write writes rows, which take so many bytes at most, as a segment.
func (f *segmentFile) write(to *run, pieces []Piece, size int, from []origin) error {
	if cap(f.packed.body) < size {
		f.packed.body = make([]byte, 0, size)
	}
	f.packed.body = f.packed.body[:0]
	f.packed.pack(f.schema, pieces)
	body := f.packed.body
	if cap(body) > 4*f.most {
		f.packed.body = nil // it was made for a row that is larger than others
	}
	if _, err := f.file.Write(body); err != nil {
		return fmt.Errorf("write temporary rows: %w", err)
	}
	to.segments = append(to.segments, segment{offset: f.written, length: int64(len(body)), from: from})
	f.written += int64(len(body))
	return nil
}

// load reads a segment back; the caller releases the record.
func (f *segmentFile) load(at segment) (arrow.Record, error) {
	body := make([]byte, at.length)
	if n, err := f.file.ReadAt(body, at.offset); n < len(body) {
		return nil, fmt.Errorf("read temporary rows: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	rec, err := unpack(f.schema, body)
	if err != nil {
		return nil, fmt.Errorf("read temporary rows: %w", err)
	}
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
