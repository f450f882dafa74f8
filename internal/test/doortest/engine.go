// Package doortest has an engine for tests of the doors for foreign hosts.
package doortest

import (
	"context"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/schema"
)

// Engine gives rows that are all alike, and remembers what it was asked for.
type Engine struct {
	// Batches are the numbers of rows of the batches.
	Batches []int
	// Err ends a check or a reading: before its first row, as an unproven walk does.
	Err error
	// Late ends a reading after its rows.
	Late error
	// Position is where every reading ends.
	Position string

	Asked []Asked
}

// Asked is one reading that was asked for.
type Asked struct {
	Table, Since string
	Selection    schema.Selection
}

// Check implements [door.Engine].
func (e *Engine) Check(context.Context, exporter.Job) error { return e.Err }

// Read implements [door.Engine].
func (e *Engine) Read(job exporter.Job, table string, since []byte) door.Reading {
	selection := job.Exports[0].Columns.Selection
	e.Asked = append(e.Asked, Asked{table, string(since), selection})
	return reading{e, table, selection, len(since) == 0}
}

// reading is full unless it starts from a position.
type reading struct {
	engine    *Engine
	table     string
	selection schema.Selection
	full      bool
}

// Full implements [door.Reading].
func (r reading) Full() bool { return r.full }

// Position implements [door.Reading].
func (r reading) Position() []byte { return []byte(r.engine.Position) }

// Batches implements [door.Reading].
func (r reading) Batches(context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		table, _ := schema.Lookup(r.table)
		selected, err := table.Select(r.selection)
		if err == nil {
			err = r.engine.Err
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, rows := range r.engine.Batches {
			rec := recordtest.Alike(selected, rows)
			more := yield(rec, nil)
			rec.Release()
			if !more {
				return
			}
		}
		if r.engine.Late != nil {
			yield(nil, r.engine.Late)
		}
	}
}
