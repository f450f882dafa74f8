package exporter

import (
	"container/heap"
	"context"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

const (
	// batchRows is the size of the records that go to a sink.
	batchRows = 4096
	// mergeWidth is the number of runs merged at once: each holds one segment in memory.
	mergeWidth = 64
	// segmentRows is the size of the segments that compacting writes.
	segmentRows = 256
	// batchBytes bounds a record whose rows are large.
	batchBytes = 4 << 20
)

// records yields the winners, newest first, in batches of at most batchRows
// rows. The record is the loop body's only until the next iteration. It can be
// called again.
func (s *spool) records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return s.merge(ctx, s.runs, s.table.Arrow(), batchRows)
}

// compact merges runs into longer ones until few are left. Only a server that
// does not sort its list makes so many.
func (s *spool) compact(ctx context.Context) error {
	for len(s.runs) > mergeWidth {
		merged := new(run)
		for rec, err := range s.merge(ctx, s.runs[:mergeWidth], s.schema, segmentRows) {
			if err == nil {
				err = s.append(merged, rec, -1)
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
func (s *spool) merge(ctx context.Context, runs []*run, as *arrow.Schema, size int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		queue, err := s.open(runs)
		defer queue.release()
		if err != nil {
			yield(nil, err)
			return
		}
		queue.merge(ctx, as, size, yield)
	}
}

// merge yields in order the rows of all cursors that are to be kept.
func (c *cursors) merge(ctx context.Context, as *arrow.Schema, size int, yield func(arrow.Record, error) bool) {
	heap.Init(c)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, as)
	defer builder.Release()
	emit := func() bool {
		rec := builder.NewRecord()
		defer rec.Release()
		return yield(rec, nil)
	}
	var rows, bytes int
	for c.Len() > 0 {
		next := (*c)[0]
		if at := next.here(); next.keep() {
			appendRow(builder, at.rec, at.row)
			rows++
			bytes += at.rowBytes
		}
		if rows == size || bytes >= batchBytes {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
			if !emit() {
				return
			}
			rows, bytes = 0, 0
		}
		more, err := next.advance()
		switch {
		case err != nil:
			yield(nil, err)
			return
		case more:
			heap.Fix(c, 0)
		default:
			heap.Pop(c)
		}
	}
	if rows > 0 {
		emit()
	}
}

// open makes a cursor for every run that holds rows.
func (s *spool) open(runs []*run) (cursors, error) {
	queue := make(cursors, 0, len(runs))
	for _, run := range runs {
		at := &runCursor{spool: s, rest: run.segments}
		more, err := at.advance()
		if err != nil {
			return queue, err
		}
		if more {
			queue = append(queue, at)
		}
	}
	return queue, nil
}

// cursor walks sorted rows.
type cursor interface {
	// here is the row under the cursor.
	here() *place
	// keep decides whether that row is written. It is called once a row, in order.
	keep() bool
	// advance goes to the next row; false is the end.
	advance() (bool, error)
	release()
}

// place is a row of a record.
type place struct {
	rec  arrow.Record
	keys keyColumns
	row  int
	// rowBytes is about the size of a row.
	rowBytes int
}

func (p *place) here() *place { return p }

// key is where the row stands in a file.
func (p *place) key() rowKey { return p.keys.at(p.row) }

// runCursor walks one run of a spool.
type runCursor struct {
	place
	spool *spool
	rest  []segment
	first int64
}

func (c *runCursor) keep() bool {
	return c.first < 0 || !c.spool.index.isLost(c.first+int64(c.row))
}

func (c *runCursor) advance() (bool, error) {
	c.row++
	if c.rec != nil && c.row < int(c.rec.NumRows()) {
		return true, nil
	}
	c.release()
	if len(c.rest) == 0 {
		return false, nil
	}
	rec, err := c.spool.load(c.rest[0])
	if err != nil {
		return false, err
	}
	keys, err := keysOf(c.spool.table, rec)
	if err != nil {
		rec.Release()
		return false, err
	}
	c.rec, c.keys, c.first, c.row = rec, keys, c.rest[0].first, 0
	c.rowBytes = int(c.rest[0].length / rec.NumRows())
	c.rest = c.rest[1:]
	return true, nil
}

func (c *runCursor) release() {
	if c.rec != nil {
		c.rec.Release()
		c.rec = nil
	}
}

// cursors is a heap of the runs, the newest row on top (container/heap).
type cursors []cursor

func (c cursors) Len() int { return len(c) }
func (c cursors) Less(i, j int) bool {
	return c[i].here().key().compare(c[j].here().key()) < 0
}
func (c cursors) Swap(i, j int) { c[i], c[j] = c[j], c[i] }

// Push adds a cursor.
func (c *cursors) Push(x any) { *c = append(*c, x.(cursor)) }

// Pop removes the last cursor.
func (c *cursors) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = (*c)[:last]
	return x
}

func (c cursors) release() {
	for _, one := range c {
		one.release()
	}
}
