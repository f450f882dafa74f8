package exporter

import (
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// fresh finds the rows that an append export does not have yet. It keeps an id
// hash for each of them.
type fresh struct {
	since map[string]int64
	// known are the ids as old as the mark that an earlier file has.
	known map[string]map[string]bool
	ids   map[IDHash]struct{}
}

// newFresh returns nil when the export takes every row.
func newFresh(plan ExportPlan) *fresh {
	if plan.Mode != ModeAppend || len(plan.Increment.Since) == 0 {
		return nil
	}
	f := &fresh{since: make(map[string]int64), known: make(map[string]map[string]bool), ids: make(map[IDHash]struct{})}
	for user, mark := range plan.Increment.Since {
		f.since[user] = mark.Newest.UnixMicro()
		f.known[user] = make(map[string]bool)
		for _, id := range plan.Current.AtWatermark[user] {
			f.known[user][id] = true
		}
	}
	return f
}

// add looks at the rows of a page.
func (f *fresh) add(user string, keys keyColumns, rows int) {
	since, known := f.since[user]
	for row := range rows {
		key := keys.at(row)
		if !known || key.version > since || key.version == since && !f.known[user][key.id] {
			f.ids[HashID(key.id)] = struct{}{}
		}
	}
}

// has reports whether the row is to be written.
func (f *fresh) has(id string) bool {
	_, ok := f.ids[HashID(id)]
	return ok
}

// tops are per user the newest rows that a walk has shown.
type tops map[string]*top

// top is the ids of one time.
type top struct {
	version int64
	ids     map[string]bool
}

func (t tops) add(user string, keys keyColumns, rows int) {
	for row := range rows {
		key := keys.at(row)
		at := t[user]
		if key.version == neverActive || at != nil && key.version < at.version {
			continue
		}
		if at == nil || key.version > at.version {
			at = &top{version: key.version, ids: make(map[string]bool)}
			t[user] = at
		}
		if !at.ids[key.id] {
			at.ids[strings.Clone(key.id)] = true
		}
	}
}

// at lists the ids at each watermark. A walk since a mark shows again what is as
// old as the mark, so that none of an earlier run are missing.
func (t tops) at(watermarks map[string]time.Time) map[string][]string {
	all := make(map[string][]string, len(watermarks))
	for user, watermark := range watermarks {
		var ids []string
		if top := t[user]; top != nil && top.version == watermark.UnixMicro() {
			for id := range top.ids {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		all[user] = ids
	}
	return all
}

// collector sees every page of a walk, for the append exports of a run.
type collector struct {
	table *schema.Table
	tops  tops
	fresh []*fresh // per export; nil takes everything
	needs bool
}

func newCollector(table *schema.Table, plan Plan) *collector {
	c := &collector{table: table, tops: make(tops)}
	for _, export := range plan.Exports {
		c.fresh = append(c.fresh, newFresh(export))
		c.needs = c.needs || export.Mode == ModeAppend
	}
	return c
}

func (c *collector) add(user string, rec arrow.Record) error {
	if !c.needs || rec.NumRows() == 0 {
		return nil
	}
	keys, err := keysOf(c.table, rec)
	if err != nil {
		return err
	}
	c.tops.add(user, keys, int(rec.NumRows()))
	for _, fresh := range c.fresh {
		if fresh != nil {
			fresh.add(user, keys, int(rec.NumRows()))
		}
	}
	return nil
}
