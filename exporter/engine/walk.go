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

func (r *Run) walk(ctx context.Context, sorter *rows.Sorter, table *schema.Table, plan Plan, journal *runJournal) (walked, error) {
	var total int64
	since := plan.since(table.Name)
	if len(since) == 0 {
		total = valueOr(plan.of(table.Name).Rows, 0)
	}
	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: total, Table: r.named(table)})
	life := r.age().lifetime(journal)
	walk := r.source.Walk(ctx, table, since, journal.orNil())
	pages := newCollector(table, plan, r.lookback())
	var unknown schema.Names
	for _, field := range plan.Survey.Of(table.Name).Unknown {
		unknown.Add(field)
	}
	for page, err := range walk.Pages() {
		if err == nil {
			for _, field := range page.UnknownFields {
				unknown.Add(field)
			}
			err = r.keep(table, sorter, pages, page)
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
	return walked{sorted: sorted, life: life, proof: proof, unknown: unknown.List(), pages: pages, finished: r.engine.Now()}, nil
}

// named is the table in an event: "" when the run has one only.
func (r *Run) named(table *schema.Table) string {
	if len(r.tables()) < 2 {
		return ""
	}
	return table.Name
}

// keep adds a page's rows without what must not be written.
func (r *Run) keep(table *schema.Table, sorter *rows.Sorter, pages *collector, page exporter.Page) error {
	rec, err := masked(r.masks[table.Name], page.Record)
	if err != nil {
		return err
	}
	defer rec.Release()
	keys, err := r.keys(table, page, rec)
	if err != nil {
		return err
	}
	pages.add(page.Partition, keys)
	return sorter.Add(page.Partition, rec, keys)
}

// keys are those of a page's rows as they are kept: ids may be hashed there.
func (r *Run) keys(table *schema.Table, page exporter.Page, kept arrow.Record) (schema.Keys, error) {
	if r.masks[table.Name] == nil && page.Keys.Len() == int(kept.NumRows()) {
		return page.Keys, nil
	}
	keys, err := table.Keys(kept)
	if err != nil {
		return schema.Keys{}, err
	}
	return keys.Hashed(), nil
}
