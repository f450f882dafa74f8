package engine

import (
	"context"
	"fmt"
	"iter"
	"sort"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// takeover is what a merge takes over of a file as it is stored there. The rows of all
// other groups are merged with those of the walk.
type takeover struct {
	file exporter.GroupedFile
	// blocks are in file order; there are none when nothing can be taken over.
	blocks []takenBlock
}

// takenBlock is groups from one on, up to another. The walk has shown none of their rows,
// and none that belongs between them.
type takenBlock struct {
	from, to    int
	first, last schema.RowKey
	rows        int64
	span        exporter.Window // of activity
	// before is how many rows are written between the block before it and this one, and
	// full how many full groups they are.
	before int64
	full   float64
}

// with is a block and the group behind it.
func (b takenBlock) with(group foundGroup) takenBlock {
	b.to++
	b.last = group.last
	b.rows += group.rows
	b.span = wider(b.span, group.span)
	return b
}

// rest yields the rows of the groups that are not taken over. They are where the others
// leave room for them.
func (t takeover) rest(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for i := range len(t.blocks) + 1 {
			from, to := 0, t.file.Groups()
			if i > 0 {
				from = t.blocks[i-1].to
			}
			if i < len(t.blocks) {
				to = t.blocks[i].from
			}
			if from == to {
				continue
			}
			for rec, err := range t.file.GroupRows(ctx, table, from, to) {
				if err == nil {
					err = t.room(table, i, rec)
				}
				if !yield(rec, err) || err != nil {
					return
				}
			}
		}
	}
}

// room checks that rows come before the block of that number, and after the one before.
func (t takeover) room(table *schema.Table, number int, rec arrow.Record) error {
	keys, err := table.Keys(rec)
	if err != nil || keys.Len() == 0 {
		return err
	}
	if number > 0 && t.blocks[number-1].last.Compare(keys.At(0)) > 0 {
		return rows.ErrUnsorted
	}
	if number < len(t.blocks) && keys.At(keys.Len()-1).Compare(t.blocks[number].first) > 0 {
		return rows.ErrUnsorted
	}
	return nil
}

// weaver has a sink append the blocks of a takeover between the rows that go to it.
type weaver struct {
	takeover
	table *schema.Table
	sink  exporter.GroupSink
	taker exporter.GroupTaker
	name  string // of the file, in errors
	to    func(arrow.Record) error
}

// weave passes on sorted rows, and appends the blocks where they belong.
func (w weaver) weave(ctx context.Context, sorted iter.Seq2[arrow.Record, error]) error {
	if err := w.sink.Expect(w.blocks[0].before, w.blocks[0].full); err != nil {
		return err
	}
	if err := forEachRecord(sorted, func(rec arrow.Record) (err error) {
		w.blocks, err = w.pass(ctx, rec)
		return err
	}); err != nil {
		return err
	}
	for len(w.blocks) > 0 {
		var err error
		if w.blocks, err = w.append(ctx); err != nil {
			return err
		}
	}
	return w.named(w.taker.End(ctx))
}

// pass passes on the rows of a record, and returns the blocks that come behind them.
func (w weaver) pass(ctx context.Context, rec arrow.Record) ([]takenBlock, error) {
	keys, err := w.table.Keys(rec)
	if err != nil {
		return nil, err
	}
	from, end := 0, keys.Len()
	for len(w.blocks) > 0 {
		at := from + sort.Search(end-from, func(i int) bool { return keys.At(from+i).Compare(w.blocks[0].first) > 0 })
		if at == end { // more that come before the block may follow
			break
		}
		if err := w.part(rec, from, at); err != nil {
			return nil, err
		}
		if w.blocks, err = w.append(ctx); err != nil {
			return nil, err
		}
		from = at
	}
	return w.blocks, w.part(rec, from, end)
}

// append appends the first block, and returns the others.
func (w weaver) append(ctx context.Context) ([]takenBlock, error) {
	if err := w.named(w.taker.Take(ctx, w.blocks[0].from, w.blocks[0].to)); err != nil {
		return nil, err
	}
	rest := w.blocks[1:]
	if len(rest) == 0 {
		return nil, w.sink.Expect(0, 0)
	}
	return rest, w.sink.Expect(rest[0].before, rest[0].full)
}

// part passes on rows of a record, if there are any.
func (w weaver) part(rec arrow.Record, from, until int) error {
	if from == until {
		return nil
	}
	part := rec.NewSlice(int64(from), int64(until))
	defer part.Release()
	return w.to(part)
}

func (w weaver) named(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", w.name, err)
}

// taken is what the blocks hold together.
func (t takeover) taken() (rows int64, span exporter.Window) {
	for _, block := range t.blocks {
		rows += block.rows
		span = wider(span, block.span)
	}
	return rows, span
}

// wider is the span of activity of the rows of both.
func wider(a, b exporter.Window) exporter.Window {
	if a.NewestActivity == nil || b.NewestActivity != nil && b.NewestActivity.After(*a.NewestActivity) {
		a.NewestActivity = b.NewestActivity
	}
	if a.OldestActivity == nil || b.OldestActivity != nil && b.OldestActivity.Before(*a.OldestActivity) {
		a.OldestActivity = b.OldestActivity
	}
	return a
}
