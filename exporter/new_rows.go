package exporter

import (
	"iter"
	"math"

	"github.com/lemexport/lemexport/schema"
)

// fresh finds the rows of a walk that an append export does not have yet: those
// that no earlier file has with the same id and the same time. The manifest tells
// of the rows from the floor on. Of older ones, which a full walk shows, only the
// files do, and they are read only when there are some.
type fresh struct {
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

	// ids are those of the rows to add, known once settled.
	ids map[schema.IDHash]struct{}
}

// rowVersion tells one version of a row from all others, within the process.
type rowVersion struct {
	id      schema.IDHash
	version int64
}

// newFresh returns nil when the export takes every row.
func newFresh(plan ExportPlan) *fresh {
	if plan.Mode != ModeAppend || plan.Increment.takesAll() {
		return nil
	}
	f := &fresh{
		had: make(map[rowPrint]struct{}), floors: make(map[string]int64), met: make(map[rowVersion]struct{}),
		oldest: math.MaxInt64, newest: math.MinInt64,
	}
	for user := range plan.Current.Watermarks {
		for _, shown := range plan.Current.remembered(user) {
			f.had[shown] = struct{}{}
		}
	}
	for user, mark := range plan.Increment.Since {
		f.floors[user] = mark.Floor.UnixMicro()
	}
	return f
}

// add looks at a row of the walk.
func (f *fresh) add(user string, key schema.RowKey, shown rowPrint) {
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
func (f *fresh) settle(walked *index, most int, earlier func(oldest, newest int64) iter.Seq2[rowVersion, error]) error {
	has := make([]uint64, (walked.rows+63)/64)
	mark := func(known map[rowVersion]struct{}) error {
		if len(known) == 0 {
			return nil
		}
		return walked.each(func(id schema.IDHash, row int64, rest []byte) {
			if _, ok := known[rowVersion{id, versionOf(rest)}]; ok {
				has[row/64] |= 1 << (row % 64)
			}
		})
	}
	if err := mark(f.met); err != nil {
		return err
	}
	if f.unsure {
		some := make(map[rowVersion]struct{})
		for one, err := range earlier(f.oldest, f.newest) {
			if err != nil {
				return err
			}
			if some[one] = struct{}{}; len(some) < most {
				continue
			}
			if err := mark(some); err != nil {
				return err
			}
			clear(some)
		}
		if err := mark(some); err != nil {
			return err
		}
	}
	f.ids = make(map[schema.IDHash]struct{})
	return walked.each(func(id schema.IDHash, row int64, _ []byte) {
		if !walked.isLost(row) && has[row/64]&(1<<(row%64)) == 0 {
			f.ids[id] = struct{}{}
		}
	})
}

// has reports whether the row is to be written.
func (f *fresh) has(id string) bool {
	_, ok := f.ids[schema.HashID(id)]
	return ok
}
