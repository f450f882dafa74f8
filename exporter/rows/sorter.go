package rows

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// mergeWidth is the number of runs merged at once: each holds one segment in memory.
const mergeWidth = 32

// Sorter keeps the rows of a walk and gives them back newest first, one per id: an
// external merge sort. Rows stay in memory as long as they fit into the limits; more of
// them are kept on disk.
//
// A page that continues where some run ends extends that run, so a user's inbox
// read from top to bottom is one run, and merging it costs one segment of memory.
// Which of several versions of a row wins is decided by the index, see index.go.
type Sorter struct {
	table    *schema.Table
	limits   Limits
	segments segmentFile
	waiting  int // bytes of the pages that no segment has yet
	runs     []*run
	index    *Index
}

// NewSorter returns an empty sorter of rows of a table. It keeps rows and index in the
// two files and closes them.
func NewSorter(table *schema.Table, limits Limits, rows, index TempFile) *Sorter {
	return &Sorter{table: table, limits: limits, segments: newSegmentFile(table, limits, rows), index: NewIndex(index, limits)}
}

// Close drops all rows and closes the files.
func (s *Sorter) Close() error {
	for _, run := range s.runs {
		run.release()
	}
	return errors.Join(s.segments.file.Close(), s.index.Close())
}

// Add keeps the rows of a page of a partition; keys are theirs. Of two rows with one
// version the one that was added later stays.
func (s *Sorter) Add(partition string, rec arrow.Record, keys schema.Keys) error {
	if rec.NumRows() == 0 {
		return nil
	}
	sorted, keys, err := s.sort(rec, keys)
	if err != nil {
		return err
	}
	defer sorted.Release()
	first := s.index.rows
	if err := s.index.Add(partition, keys); err != nil {
		return err
	}
	at := s.runFor(keys.At(0))
	at.last = cloneKey(keys.At(keys.Len() - 1))
	return s.extend(at, sorted, first)
}

// cloneKey frees a key from the memory of its record.
func cloneKey(key schema.RowKey) schema.RowKey {
	key.ID = strings.Clone(key.ID)
	return key
}

// runFor finds a run that a segment beginning with key continues, or starts one.
func (s *Sorter) runFor(key schema.RowKey) *run {
	for _, run := range s.runs {
		if run.last.Compare(key) <= 0 {
			return run
		}
	}
	fresh := new(run)
	s.runs = append(s.runs, fresh)
	return fresh
}

// extend adds a page to a run.
func (s *Sorter) extend(to *run, rec arrow.Record, first int64) error {
	rec.Retain()
	size := schema.RecordSize(rec)
	to.pages = append(to.pages, page{rec, origin{first, int(rec.NumRows())}, size})
	to.waiting += size
	s.waiting += size
	switch {
	case s.waiting >= s.limits.waiting:
		return s.flushAll()
	case to.waiting >= s.limits.segment && !s.inMemory():
		return s.flush(to)
	}
	return nil
}

// inMemory reports whether all rows have fit into memory so far.
func (s *Sorter) inMemory() bool { return s.segments.written == 0 }

func (s *Sorter) flushAll() error {
	for _, run := range s.runs {
		if err := s.flush(run); err != nil {
			return err
		}
	}
	return nil
}

// flush makes segments of the pages that wait.
func (s *Sorter) flush(of *run) error {
	for rest := of.pages; len(rest) > 0; {
		first := segmentOf(rest, s.limits.segment)
		if err := s.segments.appendPages(of, first); err != nil {
			return err
		}
		rest = rest[len(first):]
	}
	s.waiting -= of.waiting
	of.release()
	return nil
}

// sort returns the record with its rows in file order, and their keys; the caller
// releases it.
func (s *Sorter) sort(rec arrow.Record, keys schema.Keys) (arrow.Record, schema.Keys, error) {
	if inOrder(keys) {
		rec.Retain()
		return rec, keys, nil
	}
	order := make([]int, rec.NumRows())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return keys.At(a).Compare(keys.At(b)) })
	pieces := make([]Piece, len(order))
	for i, row := range order {
		pieces[i] = Piece{rec, row, row + 1}
	}
	sorted := Concat(s.segments.schema, pieces)
	keys, err := s.table.Keys(sorted)
	return sorted, keys, err
}

// inOrder reports whether rows with those keys are in file order.
func inOrder(keys schema.Keys) bool {
	for row := 1; row < keys.Len(); row++ {
		if keys.At(row-1).Compare(keys.At(row)) > 0 {
			return false
		}
	}
	return true
}

// Sorted ends the adding: it finds the rows to drop and leaves few enough runs to
// merge. What it returns is valid until the sorter is closed.
func (s *Sorter) Sorted(ctx context.Context) (*Sorted, error) {
	if !s.inMemory() { // a merge of segments needs the memory
		if err := s.flushAll(); err != nil {
			return nil, err
		}
	}
	lost, err := s.index.Losers()
	if err != nil {
		return nil, err
	}
	return &Sorted{sorter: s, rows: s.index.rows - lost}, s.compact(ctx)
}

// compact merges runs into longer ones until few are left. Only a server that
// does not sort its list makes so many.
func (s *Sorter) compact(ctx context.Context) error {
	for len(s.runs) > mergeWidth {
		merged := new(run)
		for rec, err := range s.merge(ctx, s.runs[:mergeWidth], s.segments.schema, size{batchRows, s.limits.segment}) {
			if err == nil {
				err = s.segments.append(merged, []Piece{{rec, 0, int(rec.NumRows())}}, nil)
			}
			if err != nil {
				return err
			}
		}
		for _, run := range s.runs[:mergeWidth] {
			s.waiting -= run.waiting
			run.release()
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
			all[i] = &runCursor{sorter: s, rest: run.segments, pages: run.pages}
		}
		mergeAll(ctx, as, most, all)(yield)
	}
}

// Sorted is the rows of a sorter that has them all: one row per id, newest first.
type Sorted struct {
	sorter *Sorter
	rows   int64
}

// Rows is the number of rows.
func (s *Sorted) Rows() int64 { return s.rows }

// Index knows the rows that were added.
func (s *Sorted) Index() *Index { return s.sorter.index }

// Limits are those of the sorter.
func (s *Sorted) Limits() Limits { return s.sorter.limits }

// Records yields the rows in batches of bounded size. The record is the loop body's
// only until the next iteration. It can be called again.
func (s *Sorted) Records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return s.sorter.merge(ctx, s.sorter.runs, s.sorter.table.Arrow(), size{batchRows, s.sorter.limits.batch})
}
