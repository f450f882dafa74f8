package rows

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/schema"
)

// mergeWidth is the number of runs merged at once: each holds one segment in memory.
const mergeWidth = 32

// run is sorted rows: segments in file order, and behind them pages that wait in
// memory until they are worth a segment.
type run struct {
	segments []segment
	pages    []Piece
	from     []origin // of the pages
	waiting  int      // bytes of the pages
	last     schema.RowKey
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

// extend adds a page to a run.
func (s *Sorter) extend(to *run, page arrow.Record, first int64) error {
	page.Retain()
	size := int(util.TotalRecordSize(page))
	to.pages = append(to.pages, Piece{page, 0, int(page.NumRows())})
	to.from = append(to.from, origin{first, int(page.NumRows())})
	to.waiting += size
	s.waiting += size
	if to.waiting >= s.limits.segment {
		return s.flush(to)
	}
	if s.waiting < s.limits.waiting {
		return nil
	}
	for _, run := range s.runs {
		if err := s.flush(run); err != nil {
			return err
		}
	}
	return nil
}

// flush makes a segment of the pages that wait.
func (s *Sorter) flush(of *run) error {
	if len(of.pages) == 0 {
		return nil
	}
	rec := Concat(s.schema, of.pages)
	defer rec.Release()
	from := of.from
	of.from = nil
	s.waiting -= of.waiting
	of.release()
	return s.append(of, rec, from)
}

// release drops the pages that wait.
func (r *run) release() {
	for _, page := range r.pages {
		page.Rec.Release()
	}
	clear(r.pages)
	r.pages, r.waiting = r.pages[:0], 0
}

// append writes a record at the end of a run, as one segment or, when its rows are
// large, as several: a merge holds a segment of every run.
func (s *Sorter) append(to *run, rec arrow.Record, from []origin) error {
	parts := max(1, min(util.TotalRecordSize(rec)/int64(s.limits.segment), rec.NumRows()))
	for part := range parts {
		first, end := rec.NumRows()*part/parts, rec.NumRows()*(part+1)/parts
		var origins []origin
		origins, from = splitOrigins(from, int(end-first))
		if err := s.appendRows(to, rec, first, end, origins); err != nil {
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
func (s *Sorter) appendRows(to *run, whole arrow.Record, first, end int64, from []origin) error {
	rec := whole.NewSlice(first, end)
	defer rec.Release()
	s.body.Reset()
	plain := array.NewRecord(s.schema, rec.Columns(), rec.NumRows())
	defer plain.Release()
	writer := ipc.NewWriter(&s.body, ipc.WithSchema(s.schema))
	if err := errors.Join(writer.Write(plain), writer.Close()); err != nil {
		return fmt.Errorf("encode temporary rows: %w", err)
	}
	if s.body.Len() > 2*s.limits.segment && end-first > 1 && end-first < whole.NumRows() {
		middle := (first + end) / 2
		before, behind := splitOrigins(from, int(middle-first))
		if err := s.appendRows(to, whole, first, middle, before); err != nil {
			return err
		}
		return s.appendRows(to, whole, middle, end, behind)
	}
	if _, err := s.file.Write(s.body.Bytes()); err != nil {
		return fmt.Errorf("write temporary rows: %w", err)
	}
	to.segments = append(to.segments, segment{offset: s.written, length: int64(s.body.Len()), from: from})
	s.written += int64(s.body.Len())
	return nil
}

// load reads a segment back; the caller releases the record.
func (s *Sorter) load(at segment) (arrow.Record, error) {
	reader, err := ipc.NewReader(io.NewSectionReader(s.file, at.offset, at.length))
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

// compact merges runs into longer ones until few are left. Only a server that
// does not sort its list makes so many.
func (s *Sorter) compact(ctx context.Context) error {
	for len(s.runs) > mergeWidth {
		merged := new(run)
		for rec, err := range s.merge(ctx, s.runs[:mergeWidth], s.schema, size{batchRows, s.limits.segment}) {
			if err == nil {
				err = s.append(merged, rec, nil)
			}
			if err != nil {
				return err
			}
		}
		s.runs = append(s.runs[mergeWidth:], merged)
	}
	return nil
}

// merge yields the winners of some runs in order.
func (s *Sorter) merge(ctx context.Context, runs []*run, as *arrow.Schema, most size) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		all := make([]cursor, len(runs))
		for i, run := range runs {
			all[i] = &runCursor{sorter: s, rest: run.segments}
		}
		mergeAll(ctx, as, most, all)(yield)
	}
}

// runCursor walks one run of a sorter.
type runCursor struct {
	block
	sorter *Sorter
	rest   []segment
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
	if len(c.rest) == 0 {
		return false, nil
	}
	rec, err := c.sorter.load(c.rest[0])
	if err != nil {
		return false, err
	}
	keys, err := c.sorter.table.Keys(rec)
	if err != nil {
		rec.Release()
		return false, err
	}
	c.enter(rec, keys, int(c.rest[0].length))
	c.from = slices.Clone(c.rest[0].from)
	c.rest = c.rest[1:]
	return true, nil
}

func (c *runCursor) release() {
	if c.rec != nil {
		c.rec.Release()
		c.rec = nil
	}
}
