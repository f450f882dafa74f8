package engine

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	"github.com/lemexport/lemexport/exporter"
)

// ErrShrunk is wrapped by the error of a run that would take more conversations out
// of a file than the configuration allows. The file holds what it held before.
var ErrShrunk = errors.New("the export would remove more rows than max_shrink allows")

// ShrinkPlan is the guard of a file that an export replaces.
type ShrinkPlan struct {
	// Max is the share of the conversations of the current file that may go.
	Max float64 `json:"max_shrink"`
	// LeastRows is how many conversations the walk has to show.
	LeastRows int64 `json:"least_rows"`
	// Expected is true when the totals that the API states add up to fewer, so that
	// the guard will stop the apply.
	Expected bool `json:"expected"`
}

// mostGone is how many of so many conversations may go.
func (s ShrinkPlan) mostGone(rows int64) int64 {
	const rounding = 1e-6 // 0.29 of 100 is 29
	gone := math.Floor(s.Max*float64(rows) + rounding)
	if gone >= float64(rows) {
		return rows
	}
	return int64(max(gone, 0))
}

// newShrinkPlan makes the guard of the file that is there; nil when all of it may go.
func newShrinkPlan(export exporter.Export, current *exporter.Manifest) *ShrinkPlan {
	plan := ShrinkPlan{Max: exporter.DefaultMaxShrink}
	if export.MaxShrink != nil {
		plan.Max = *export.MaxShrink
	}
	if export.Mode == exporter.ModeAppend || plan.Max >= 1 || current.Rows == 0 {
		return nil
	}
	plan.LeastRows = current.Rows - plan.mostGone(current.Rows)
	return &plan
}

// expectedShrink is the guard of an export compared with the rows that the API states
// before the walk. A run that reads only what is newer removes nothing.
func expectedShrink(p ExportPlan, rows *int64) *ShrinkPlan {
	full := p.Increment == nil || p.Increment.ReadsAll()
	if p.Shrink == nil || rows == nil || !full {
		return p.Shrink
	}
	compared := *p.Shrink
	compared.Expected = *rows < compared.LeastRows
	return &compared
}

// guardExports looks at the walk of a table before any of its exports takes the rows.
func guardExports(exports []ExportPlan, proof exporter.Proof, distinct int64) error {
	var shrunk []error
	for _, export := range exports {
		shrunk = append(shrunk, guardWalk(export, proof, distinct))
	}
	return errors.Join(shrunk...)
}

// guardWalk looks at a walk before its rows replace those of the current file: a
// snapshot replaces all of them, a merge only after a proven full walk.
func guardWalk(p ExportPlan, proof exporter.Proof, distinct int64) error {
	if p.Shrink == nil || p.Mode == exporter.ModeMerge && !proof.Whole() || distinct >= p.Shrink.LeastRows {
		return nil
	}
	return shrunk(p, fmt.Sprintf("%d rows were read, %s has %d", distinct, cmp.Or(p.CurrentFile, p.File), p.Current.Rows))
}

// guardMerge looks at what a merge removes, which is known after its last row.
func guardMerge(p ExportPlan, changes exporter.Changes) error {
	if p.Shrink == nil || changes.Removed <= p.Shrink.mostGone(p.Current.Rows) {
		return nil
	}
	return shrunk(p, fmt.Sprintf("%d of the %d rows in %s were not read again", changes.Removed, p.Current.Rows, cmp.Or(p.CurrentFile, p.File)))
}

func shrunk(p ExportPlan, what string) error {
	return exporter.WithHint(fmt.Errorf("%w: %s", ErrShrunk, what), fmt.Sprintf(
		"The file was left as it is, and the next apply reads everything again. Check the team of the API key, its users, "+
			"and the users in the configuration. If the rows are really gone, run apply with -allow-shrink. "+
			"max_shrink in the export block sets the share of rows that one run may remove, now %g.", p.Shrink.Max))
}
