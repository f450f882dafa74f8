package engine

import (
	"context"
	"iter"
	"math"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// newRows finds the rows of a walk that an append export does not have yet: those
// that no earlier file has with the same id and the same time. The manifest tells
// of the rows from the floor on. Of older ones, which a full walk shows, only the
// files do, and they are read only when there are some.
type newRows struct {
	// had are the rows that the manifest remembers, and floors how far down it
	// remembers all rows of a user, in microseconds.
	had    map[rowPrint]struct{}
	floors map[string]int64
	// met are the rows of the walk that it remembers.
	met map[rowVersion]struct{}
	// unsure is true when the walk showed rows, from oldest to newest, of which only
	// the files can tell.
	unsure         bool
	oldest, newest int64
}

// addedRows are the rows that an append export adds.
type addedRows struct{ ids map[schema.IDHash]struct{} }

// rowVersion tells one version of a row from all others, within the process.
type rowVersion struct {
	id      schema.IDHash
	version int64
}

// startNewRows returns nil when the export takes every row.
func startNewRows(plan ExportPlan) *newRows {
	if plan.Mode != exporter.ModeAppend || plan.Increment.takesAll() {
		return nil
	}
	f := &newRows{
		had: make(map[rowPrint]struct{}), floors: make(map[string]int64), met: make(map[rowVersion]struct{}),
		oldest: math.MaxInt64, newest: math.MinInt64,
	}
	for user := range plan.Current.Watermarks {
		for _, shown := range remembered(plan.Current, user) {
			f.had[shown] = struct{}{}
		}
	}
	for user, mark := range plan.Increment.Since {
		f.floors[user] = mark.Floor.UnixMicro()
	}
	return f
}

// add looks at a row of the walk.
func (f *newRows) add(user string, key schema.RowKey, shown rowPrint) {
	if _, ok := f.had[shown]; ok {
		f.met[rowVersion{schema.HashID(key.ID), key.Version}] = struct{}{}
		return
	}
	if floor, ok := f.floors[user]; ok && key.Version >= floor {
		return
	}
	f.unsure = true
	f.oldest, f.newest = min(f.oldest, key.Version), max(f.newest, key.Version)
}

// settle finds the rows to add. earlier yields the rows of the earlier files that
// are from oldest to newest; most is how many of them may wait in memory.
func (f *newRows) settle(walked *rows.Index, most int, earlier func(oldest, newest int64) iter.Seq2[rowVersion, error]) (*addedRows, error) {
	had := make([]uint64, (walked.Len()+63)/64)
	mark := func(known map[rowVersion]struct{}) error {
		if len(known) == 0 {
			return nil
		}
		return walked.Each(func(row int64, id schema.IDHash, version int64) {
			if _, ok := known[rowVersion{id, version}]; ok {
				had[row/64] |= 1 << (row % 64)
			}
		})
	}
	if err := mark(f.met); err != nil {
		return nil, err
	}
	if f.unsure {
		some := make(map[rowVersion]struct{})
		for one, err := range earlier(f.oldest, f.newest) {
			if err != nil {
				return nil, err
			}
			if some[one] = struct{}{}; len(some) < most {
				continue
			}
			if err := mark(some); err != nil {
				return nil, err
			}
			clear(some)
		}
		if err := mark(some); err != nil {
			return nil, err
		}
	}
	added := &addedRows{ids: make(map[schema.IDHash]struct{})}
	return added, walked.Each(func(row int64, id schema.IDHash, _ int64) {
		if !walked.IsLost(row) && had[row/64]&(1<<(row%64)) == 0 {
			added.ids[id] = struct{}{}
		}
	})
}

// of yields those of the sorted rows that are to be added.
func (f *addedRows) of(table *schema.Table, sorted *rows.Sorted) func(context.Context) iter.Seq2[arrow.Record, error] {
	return func(ctx context.Context) iter.Seq2[arrow.Record, error] {
		return rows.Merge(ctx, table, sorted.Limits(), rows.NewStream("", table, sorted.Records(ctx), func(key schema.RowKey, _ arrow.Record, _ int) bool {
			_, ok := f.ids[schema.HashID(key.ID)]
			return ok
		}))
	}
}
