package engine

import (
	"math"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// collector sees every page of a walk: it collects what the next increment needs,
// and for the append exports of a run what is new.
type collector struct {
	// lookback is how far below the watermark increments read, and since how far
	// down this walk goes.
	lookback time.Duration
	since    map[string]exporter.Mark
	limit    int
	shown    map[string]*recall
	newRows  []*newRows // per export; nil takes everything
}

func newCollector(table *schema.Table, plan Plan, lookback time.Duration) *collector {
	c := &collector{
		lookback: lookback, since: plan.since(table.Name),
		limit: recentLimit(len(plan.Survey.Of(table.Name).Partitions)), shown: make(map[string]*recall),
	}
	for _, export := range plan.exportsOf(table.Name) {
		c.newRows = append(c.newRows, startNewRows(export))
	}
	return c
}

func (c *collector) add(user string, keys schema.Keys) {
	if keys.Len() == 0 {
		return
	}
	shown := c.of(user)
	for row := range keys.Len() {
		c.row(user, shown, keys.At(row))
	}
}

func (c *collector) row(user string, shown *recall, key schema.RowKey) {
	wanted := shown.wants(key.Version)
	for _, found := range c.newRows {
		wanted = wanted || found != nil
	}
	if !wanted {
		return
	}
	one := printOf(key.ID, key.Version)
	if shown.wants(key.Version) {
		shown.add(one)
	}
	for _, found := range c.newRows {
		if found != nil {
			found.add(user, key, one)
		}
	}
}

// of is what was shown of a user's list.
func (c *collector) of(user string) *recall {
	if c.shown[user] == nil {
		c.shown[user] = newRecall(c.limit)
	}
	return c.shown[user]
}

// recent is what a manifest says of the newest rows of a user. Where the walk has
// not proven the list, the manifest has the mark of the run before.
func (c *collector) recent(user exporter.PartitionProof, m exporter.Manifest, plan ExportPlan) exporter.Recent {
	shown, to := c.of(user.Partition), m.Recent[user.Partition]
	if user.Complete {
		reached := int64(math.MinInt64)
		if mark, ok := c.since[user.Partition]; ok && user.Since != nil {
			reached = mark.Floor.UnixMicro()
		}
		to = shown.recent(m.Watermarks[user.Partition], c.lookback, reached)
	}
	if m.Mode != exporter.ModeAppend {
		return to
	}
	var before []rowPrint
	if plan.Current != nil && (!plan.Increment.takesAll() || !m.Proof.Whole()) {
		before = remembered(plan.Current, user.Partition)
	}
	shown.remember(&to, before, user.Complete)
	return to
}
