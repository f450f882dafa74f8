package engine

import (
	"context"
	"iter"
	"sort"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// leastFull is how much of a full group the groups of a merged file have at the least: a
// smaller one is written anew, together with those beside it. The first group may be
// smaller, so that a merge of a few new rows does not write the old ones, and the last.
const leastFull = 0.5

// walkedRows are the rows of a walk.
type walkedRows interface {
	// shows reports whether the walk has shown a row, in that version or another, and then
	// whether that one is newer.
	shows(id string, version int64) (shown, newer bool)
	// versions are those of all of its rows.
	versions() iter.Seq[int64]
}

// takeoverFinder finds which groups of a file a merge takes over.
type takeoverFinder struct {
	table  *schema.Table
	walked walkedRows
	file   exporter.GroupedFile
	keys   exporter.GroupKeys
}

// foundGroup is what is known of a group.
type foundGroup struct {
	exporter.GroupFit
	// untouched says that it can be taken over. The others follow from its rows, all of
	// which were read then.
	untouched   bool
	rows        int64
	first, last schema.RowKey
	span        exporter.Window
	// come is how many rows of the walk belong before it, and behind the untouched group
	// that precedes it.
	come int64
}

// findTakeover finds what a sink can take over of a file.
func findTakeover(ctx context.Context, table *schema.Table, walked walkedRows, file exporter.GroupedFile, fits []exporter.GroupFit) (takeover, error) {
	keys, err := file.Keys(table)
	if err != nil {
		return takeover{}, err
	}
	defer keys.Close()
	f := takeoverFinder{table: table, walked: walked, file: file, keys: keys}
	groups, err := f.untouched(ctx, fits)
	if err != nil {
		return takeover{}, err
	}
	blocks, err := f.blocks(ctx, f.placed(groups))
	return takeover{file: file, blocks: blocks}, err
}

// untouched finds the groups none of whose rows the walk has shown.
func (f takeoverFinder) untouched(ctx context.Context, fits []exporter.GroupFit) ([]foundGroup, error) {
	groups := make([]foundGroup, len(fits))
	var before *foundGroup
	for i, fit := range fits {
		groups[i].GroupFit = fit
		if !fit.Alike || fit.Full < leastFull && i < len(fits)-1 {
			continue
		}
		if err := f.look(ctx, i, &groups[i]); err != nil {
			return nil, err
		}
		if !groups[i].untouched {
			continue
		}
		if before != nil && before.last.Compare(groups[i].first) > 0 {
			return nil, rows.ErrUnsorted
		}
		before = &groups[i]
	}
	return groups, nil
}

// look reads the keys of a group until one is of a row that the walk has shown.
func (f takeoverFinder) look(ctx context.Context, number int, group *foundGroup) error {
	for keys, err := range f.keys.Of(ctx, number) {
		if err != nil {
			return err
		}
		for row := range keys.Len() {
			switch {
			case row > 0:
				if later, earlier := keys.Version(row), keys.Version(row-1); later > earlier || later == earlier && keys.ID(row) < keys.ID(row-1) {
					return rows.ErrUnsorted
				}
			case group.rows == 0:
				group.first = cloneKey(keys.At(0))
			case group.last.Compare(keys.At(0)) > 0:
				return rows.ErrUnsorted
			}
			if shown, _ := f.walked.shows(keys.ID(row), keys.Version(row)); shown {
				return nil
			}
		}
		group.last = cloneKey(keys.At(keys.Len() - 1))
		group.rows += int64(keys.Len())
		group.span = extended(group.span, keys)
	}
	group.untouched = group.rows > 0
	return nil
}

// placed finds where the rows of the walk belong: a group between whose rows one of them
// does is not untouched.
func (f takeoverFinder) placed(groups []foundGroup) []foundGroup {
	var candidates []*foundGroup
	for i := range groups {
		if groups[i].untouched {
			candidates = append(candidates, &groups[i])
		}
	}
	for version := range f.walked.versions() {
		at := sort.Search(len(candidates), func(i int) bool { return candidates[i].last.Version <= version })
		if at == len(candidates) {
			continue
		}
		candidates[at].come++
		for ; at < len(candidates) && version <= candidates[at].first.Version; at++ {
			candidates[at].untouched = false
		}
	}
	return groups
}

// blocks joins untouched groups. Those behind too few rows that are written are written too.
func (f takeoverFinder) blocks(ctx context.Context, groups []foundGroup) (blocks []takenBlock, err error) {
	var gap struct {
		from int // the group that it begins with
		rows int64
		full float64
	}
	for i, group := range groups {
		if !group.untouched {
			continue
		}
		for number := gap.from; number < i; number++ {
			kept, all, err := f.kept(ctx, number)
			if err != nil {
				return nil, err
			}
			gap.rows += kept
			if all > 0 {
				gap.full += groups[number].Full * float64(kept) / float64(all)
			}
		}
		for _, passed := range groups[gap.from : i+1] {
			gap.rows += passed.come
			gap.full += float64(passed.come) * group.Full / float64(group.rows)
		}
		switch last := len(blocks) - 1; {
		case last >= 0 && gap.rows > 0 && gap.full < leastFull:
			gap.from, gap.rows, gap.full = i+1, gap.rows+group.rows, gap.full+group.Full
			continue
		case last >= 0 && blocks[last].to == i && gap.rows == 0:
			blocks[last] = blocks[last].with(group)
		default:
			blocks = append(blocks, takenBlock{from: i, to: i + 1, first: group.first, last: group.last, rows: group.rows, span: group.span, before: gap.rows, full: gap.full})
		}
		gap.from, gap.rows, gap.full = i+1, 0, 0
	}
	return blocks, nil
}

// kept counts the rows of a group, and those of them that stay.
func (f takeoverFinder) kept(ctx context.Context, number int) (kept, all int64, err error) {
	for keys, err := range f.keys.Of(ctx, number) {
		if err != nil {
			return 0, 0, err
		}
		for row := range keys.Len() {
			if shown, newer := f.walked.shows(keys.ID(row), keys.Version(row)); !shown || newer {
				kept++
			}
		}
		all += int64(keys.Len())
	}
	return kept, all, nil
}

// cloneKey frees a key from the memory of its record.
func cloneKey(key schema.RowKey) schema.RowKey {
	key.ID = strings.Clone(key.ID)
	return key
}
