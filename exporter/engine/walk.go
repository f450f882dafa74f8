package engine

import (
	"context"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// walked is what a walk leaves behind besides its rows.
type walked struct {
	// sorted is nil after an error.
	sorted   *rows.Sorted
	proof    exporter.Proof
	unknown  []string
	pages    *collector
	finished time.Time
	life     lifetime
}

// walker reads tables from a source.
type walker struct {
	source exporter.Source
	masks  map[string]*schema.Mask // by table
	// lookback is how far below the watermark an increment reads.
	lookback time.Duration
	age      ageLimit
	several  bool // tables: events name theirs
	obs      exporter.Observer
}

// walk reads a table once, and puts its rows into the sorter.
func (w walker) walk(ctx context.Context, sorter *rows.Sorter, table *schema.Table, plan Plan, journal *runJournal) (walked, error) {
	var total int64
	since := plan.since(table.Name)
	if len(since) == 0 {
		total = valueOr(plan.estimate(table.Name).Rows, 0)
	}
	w.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: total, Table: w.named(table)})
	life := w.age.lifetime(journal)
	walk := w.source.Walk(ctx, table, since, journal.orNil())
	pages := newCollector(table, plan, w.lookback)
	var unknown schema.Names
	for _, field := range plan.Survey.Of(table.Name).Unknown {
		unknown.Add(field)
	}
	for page, err := range walk.Pages() {
		life = life.with(page, plan.surveyed)
		if err == nil {
			for _, field := range page.UnknownFields {
				unknown.Add(field)
			}
			err = w.keep(table, sorter, pages, page)
		}
		if err != nil {
			return walked{proof: walk.Proof()}, err
		}
	}
	sorted, err := sorter.Sorted(ctx)
	if err != nil {
		return walked{proof: walk.Proof()}, err
	}
	proof := outlived(counted(walk.Proof(), sorted.Index(), sorted.Rows()), life.over())
	return walked{sorted: sorted, life: life, proof: proof, unknown: unknown.List(), pages: pages, finished: w.age.now()}, nil
}

// named is the table in an event: "" when the run reads one only.
func (w walker) named(table *schema.Table) string {
	if !w.several {
		return ""
	}
	return table.Name
}

// keep adds a page's rows without what must not be written.
func (w walker) keep(table *schema.Table, sorter *rows.Sorter, pages *collector, page exporter.Page) error {
	rec, keys, err := w.rows(table, page)
	if err != nil {
		return err
	}
	defer rec.Release()
	pages.add(page.Partition, keys)
	return sorter.Add(page.Partition, rec, keys)
}

// rows gives a page's rows as they may be kept, and their keys: ids may be hashed there.
// The caller releases the record.
func (w walker) rows(table *schema.Table, page exporter.Page) (arrow.Record, schema.Keys, error) {
	mask := w.masks[table.Name]
	rec, err := masked(mask, page.Record)
	if err != nil {
		return nil, schema.Keys{}, err
	}
	if mask == nil && page.Keys.Len() == int(rec.NumRows()) {
		return rec, page.Keys, nil
	}
	keys, err := table.Keys(rec)
	if err != nil {
		rec.Release()
		return nil, schema.Keys{}, err
	}
	return rec, keys.Hashed(), nil
}
