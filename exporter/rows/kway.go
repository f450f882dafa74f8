package rows

import (
	"container/heap"
	"context"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// batchRows is the most rows of a record that goes to a sink.
const batchRows = 4096

// size bounds a record.
type size struct{ rows, bytes int }

// cursor walks sorted rows, a block at a time.
type cursor interface {
	// here is the block under the cursor.
	here() *block
	// keep decides whether the row under the cursor is written. It is called once a
	// row, in order.
	keep() bool
	// advance goes to the next block, which has a row at the least; false is the end.
	advance() (bool, error)
	release()
}

// block is a record that a cursor stands in, at row.
type block struct {
	rec  arrow.Record
	keys schema.Keys
	row  int
	// bytes is about the size of the record, rowBytes that of a row.
	bytes, rowBytes int
}

func (b *block) here() *block { return b }

// key is where the row stands in a file.
func (b *block) key() schema.RowKey { return b.keys.At(b.row) }

// ended reports whether the cursor is behind the last row.
func (b *block) ended() bool { return b.rec == nil || b.row == int(b.rec.NumRows()) }

// enter goes to the first row of a record.
func (b *block) enter(rec arrow.Record, keys schema.Keys, bytes int) {
	b.rec, b.keys, b.row = rec, keys, 0
	b.bytes, b.rowBytes = bytes, bytes/max(int(rec.NumRows()), 1)
}

// merger yields the rows of sorted cursors that are to be kept, in order.
type merger struct {
	queue cursors
	as    *arrow.Schema
	most  size
	// waiting are the rows of the next record. Their records are retained.
	waiting     []Piece
	rows, bytes int
	// held is the bytes of the records that were gone through meanwhile.
	held int
}

// run yields until the end, an error, or until no more is wanted.
func (m *merger) run(ctx context.Context, yield func(arrow.Record, error) bool) {
	defer m.drop()
	heap.Init(&m.queue)
	for len(m.queue) > 0 {
		top := m.queue[0]
		m.take(top)
		ended := top.here().ended()
		if m.full() || ended {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}
		}
		if m.full() && !m.emit(yield) {
			return
		}
		if ended {
			m.pass(top.here())
			switch more, err := top.advance(); {
			case err != nil:
				yield(nil, err)
				return
			case !more:
				heap.Pop(&m.queue)
				continue
			}
		}
		heap.Fix(&m.queue, 0)
	}
	m.emit(yield)
}

func (m *merger) full() bool { return m.rows >= m.most.rows || m.bytes >= m.most.bytes }

// take takes the rows of the first cursor down to where another one is ahead, or
// the record is full.
func (m *merger) take(top cursor) {
	at := top.here()
	next, contested := m.queue.second()
	for from := at.row; ; {
		stop := at.ended() || m.full() || contested && at.key().Compare(next) > 0
		kept := !stop && top.keep()
		if !kept && at.row > from {
			at.rec.Retain()
			m.waiting = append(m.waiting, Piece{at.rec, from, at.row})
		}
		if stop {
			return
		}
		at.row++
		if kept {
			m.rows++
			m.bytes += at.rowBytes
		} else {
			from = at.row
		}
	}
}

// pass sees a block that is gone through. Rows that wait retain all of their
// record: where few of its rows are kept, they are copied before that is much.
func (m *merger) pass(at *block) {
	if m.rows == 0 {
		return
	}
	if m.held += at.bytes; m.held <= 2*m.most.bytes {
		return
	}
	rec, rows, bytes := Concat(m.as, m.waiting), m.rows, m.bytes
	m.drop()
	m.waiting, m.rows, m.bytes = append(m.waiting, Piece{rec, 0, rows}), rows, bytes
}

// emit yields the record that waits, if it has rows.
func (m *merger) emit(yield func(arrow.Record, error) bool) bool {
	if m.rows == 0 {
		return true
	}
	rec := Concat(m.as, m.waiting)
	defer rec.Release()
	m.drop()
	return yield(rec, nil)
}

// drop forgets what waits.
func (m *merger) drop() {
	for _, one := range m.waiting {
		one.Rec.Release()
	}
	clear(m.waiting)
	m.waiting, m.rows, m.bytes, m.held = m.waiting[:0], 0, 0, 0
}

// mergeAll yields the kept rows of all cursors in order, in records that end
// with the row that makes them large enough, and releases the cursors. The record is the loop body's only
// until the next iteration.
func mergeAll(ctx context.Context, as *arrow.Schema, most size, all []cursor) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		m := merger{as: as, most: most}
		for _, one := range all {
			defer one.release()
		}
		for _, one := range all {
			more, err := one.advance()
			if err != nil {
				yield(nil, err)
				return
			}
			if more {
				m.queue = append(m.queue, one)
			}
		}
		m.run(ctx, yield)
	}
}

// cursors is a heap, the newest row on top (container/heap).
type cursors []cursor

// second is the key that comes first of all but the top's.
func (c cursors) second() (key schema.RowKey, ok bool) {
	for _, one := range c[1:min(len(c), 3)] { // the children of the top
		if at := one.here().key(); !ok || at.Compare(key) < 0 {
			key, ok = at, true
		}
	}
	return key, ok
}

func (c cursors) Len() int { return len(c) }
func (c cursors) Less(i, j int) bool {
	return c[i].here().key().Compare(c[j].here().key()) < 0
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
