package parquet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
)

const (
	// stepRows and stepBytes bound what goes through all columns before the context
	// and the size of pages and of the row group are looked at again: they also
	// bound how far these overshoot. One row may be larger.
	stepRows  = 4096
	stepBytes = 128 << 10
	// parallelRows is the least number of rows that more than one worker encodes.
	parallelRows = 512
	// sparse is the part of a row group of its size in bytes, one in so many, by which it
	// may be larger before row groups that are taken over, so that no small one follows.
	sparse = 4
)

var errFinished = errors.New("the parquet file is finished")

// sink writes one file. Pages are compressed as they fill up, wait for the end
// of their row group, and then go to the file column by column.
type sink struct {
	fileWriter
	// encoders has one page encoder for each worker.
	encoders []*pageEncoder
	// parallelRows is the least number of rows that more than one worker encodes.
	parallelRows int
	shredders    []*shredder
	// pageRows ends the pages of all columns, groupRows and groupBytes the row group.
	pageRows   int
	groupRows  int
	groupBytes int
	// rows is the number of rows of the row group being written. Of share rows it ends, or
	// of groupRows when that is 0.
	rows, share int
	// expected is how many rows follow before row groups that are taken over, 0 when none
	// are, and fullRows about how many of them fill a row group.
	expected, fullRows int64
	// taking is true while row groups are taken over and not all was checked.
	taking bool
	// failed is the first error; nothing is written after it.
	failed error
}

// Write appends the record's rows.
func (s *sink) Write(ctx context.Context, rec arrow.Record) error {
	if s.failed == nil {
		s.failed = s.write(ctx, rec)
	}
	return s.failed
}

func (s *sink) write(ctx context.Context, rec arrow.Record) error {
	if err := s.checkRecord(rec); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	total := int(rec.NumRows())
	for from := 0; from < total; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("write parquet: %w", err)
		}
		to := min(total, from+stepRows, from+s.limit()-s.rows, from+s.pageRows-s.rows%s.pageRows)
		full := (s.rows+to-from)%s.pageRows == 0
		err := s.each(to-from, func(p *pageEncoder, shredder *shredder, i int) error {
			return s.writeColumn(p, shredder, rec.Column(i), from, to, full)
		})
		if err != nil {
			return err
		}
		s.rows += to - from
		s.expected -= min(s.expected, int64(to-from))
		from = to
		if err := s.endRows(); err != nil {
			return fmt.Errorf("write parquet row group: %w", err)
		}
	}
	return nil
}

// each does something for every column of the table, several at the same time
// when there are enough rows: columns have nothing in common, so the file is the
// same for any number of workers.
func (s *sink) each(rows int, do func(p *pageEncoder, shredder *shredder, i int) error) error {
	encoders := s.encoders
	if rows < s.parallelRows {
		encoders = encoders[:1]
	}
	errs := make([]error, len(encoders))
	var next atomic.Int64
	work := func(worker int) {
		for errs[worker] == nil {
			i := int(next.Add(1)) - 1
			if i >= len(s.shredders) {
				return
			}
			if err := do(encoders[worker], s.shredders[i], i); err != nil {
				errs[worker] = fmt.Errorf("write parquet column %q: %w", s.shredders[i].name(), err)
			}
		}
	}
	var others sync.WaitGroup
	for worker := 1; worker < len(encoders); worker++ {
		others.Go(func() { work(worker) })
	}
	work(0)
	others.Wait()
	return errors.Join(errs...)
}

// writeColumn writes rows of a column of the table, and ends the pages that are
// full; with end, all of them.
func (s *sink) writeColumn(p *pageEncoder, shredder *shredder, values arrow.Array, from, to int, end bool) error {
	for from < to {
		rows := to - from
		for rows > 1 && weight(values, from, from+rows) > stepBytes {
			rows /= 2
		}
		if err := shredder.writeRows(values, from, from+rows); err != nil {
			return err
		}
		for _, leaf := range shredder.leaves {
			if err := s.columns[leaf].endRows(p, rows); err != nil {
				return err
			}
		}
		from += rows
	}
	if !end {
		return nil
	}
	return s.endPages(p, shredder)
}

// endPages ends the pages of a column of the table.
func (s *sink) endPages(p *pageEncoder, shredder *shredder) error {
	for _, leaf := range shredder.leaves {
		if err := s.columns[leaf].endPage(p); err != nil {
			return err
		}
	}
	return nil
}

// endRows ends the row group when it has its size.
func (s *sink) endRows() error {
	var size int
	for _, column := range s.columns {
		size += column.waiting.size
	}
	most := s.groupBytes
	if s.expected > 0 && s.expected <= int64(s.rows)/sparse { // those few go into this row group, too
		most += most / sparse
	}
	if s.rows < s.limit() && size < most {
		return nil
	}
	return s.endGroup()
}

// endGroup writes the row group, unless it is empty.
func (s *sink) endGroup() error {
	if s.rows == 0 {
		return nil
	}
	if len(s.footer.RowGroups) > math.MaxInt16 {
		return fmt.Errorf("more than %d row groups", len(s.footer.RowGroups))
	}
	if err := s.each(s.rows, func(p *pageEncoder, shredder *shredder, _ int) error { return s.endPages(p, shredder) }); err != nil {
		return err
	}
	start, chunks := s.out.offset, make([]chunk, len(s.columns))
	for i, column := range s.columns {
		var err error
		if chunks[i], err = column.flush(s.encoders[0], s.out); err != nil {
			return err
		}
	}
	rows := s.rows
	s.rows, s.share = 0, s.nextShare()
	return s.addGroup(start, rows, chunks)
}

// limit is the most rows of the row group being written.
func (s *sink) limit() int { return cmp.Or(s.share, s.groupRows) }

// nextShare is how many rows the next row group has when it is one of the last two before
// row groups that are taken over: the two share their rows, so that none is small.
func (s *sink) nextShare() int {
	full := int64(s.groupRows)
	if s.expected <= full { // as many as its bytes let it have
		full = min(full, s.fullRows+s.fullRows/sparse)
	}
	if s.expected > full && s.expected < 2*full {
		return int((s.expected + 1) / 2)
	}
	return 0
}

// Expect says how many rows follow before row groups are taken over.
func (s *sink) Expect(rows int64, full float64) error {
	if s.failed == nil {
		s.failed = s.endGroup()
	}
	s.expected, s.fullRows = rows, int64(s.groupRows)
	if full > 0 {
		s.fullRows = max(1, min(s.fullRows, int64(float64(rows)/full)))
	}
	s.share = s.nextShare()
	return s.failed
}

// Fits looks at each row group of a file.
func (s *sink) Fits(file exporter.GroupedFile) []exporter.GroupFit {
	of, ok := file.(*dataFile)
	if !ok {
		return make([]exporter.GroupFit, file.Groups())
	}
	return fitter{s, of}.fits()
}

// TakeFrom starts to take over row groups of a file as they are stored.
func (s *sink) TakeFrom(file exporter.GroupedFile) (exporter.GroupTaker, error) {
	of, ok := file.(*dataFile)
	if !ok {
		return nil, fmt.Errorf("take over parquet row groups of %T", file)
	}
	t, err := newTaker(s, of)
	if err != nil {
		return nil, advise(fmt.Errorf("take over parquet row groups: %w", err))
	}
	s.taking = true
	return t, nil
}

// checkRecord checks that the record is one of the table.
func (s *sink) checkRecord(rec arrow.Record) error {
	want := s.layout.table.Arrow()
	if rec.Schema() == want {
		return nil
	}
	if int(rec.NumCols()) != want.NumFields() {
		return fmt.Errorf("a record with %d columns instead of %d", rec.NumCols(), want.NumFields())
	}
	for i, field := range want.Fields() {
		if got := rec.Schema().Field(i); got.Name != field.Name || !arrow.TypeEqual(got.Type, field.Type) {
			return fmt.Errorf("a record whose column %d is %q of type %s instead of %q of type %s", i+1, got.Name, got.Type, field.Name, field.Type)
		}
	}
	return nil
}

// Finish writes the last row group and the footer.
func (s *sink) Finish(manifest []byte) error {
	if s.failed != nil {
		return s.failed
	}
	s.failed = errFinished
	if s.taking {
		return errors.New("write parquet footer: the file that row groups were taken over from was not checked to its end")
	}
	if err := s.finish(manifest); err != nil {
		s.failed = fmt.Errorf("write parquet footer: %w", err)
		return s.failed
	}
	return nil
}

func (s *sink) finish(manifest []byte) error {
	if err := s.endGroup(); err != nil {
		return err
	}
	if err := s.writeIndex(); err != nil {
		return err
	}
	if err := s.writeFooter(manifest); err != nil {
		return err
	}
	return s.buffer.Flush()
}
