package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// A reading from a position is a merge whose file the consumer holds: a position is what
// the manifest of that file would say.

// start is where a reading that delivers rows once begins.
type start struct {
	scope  exporter.PositionScope
	target target
	plan   Plan // with the one export
}

// startOf finds out where a reading begins. A position of another configuration is an error.
func startOf(run *Run, table *schema.Table, options ReadOptions, plan Plan) (start, error) {
	columns := run.columns[table.Name]
	keyID, err := newHashKeyID(columns)
	if err != nil {
		return start{}, err
	}
	mode := exporter.ModeSnapshot
	if table.Incremental() {
		mode = exporter.ModeMerge
	}
	to := target{
		Export: exporter.Export{
			Table: table.Name, Mode: mode, Columns: columns,
			FullEvery: cmp.Or(options.FullEvery, run.fullEvery[table.Name], exporter.DefaultFullEvery),
		},
		table: table, keyID: keyID,
	}
	from := start{scope: scopeOf(to, run.config.Users, plan.Survey), target: to, plan: plan}
	export := ExportPlan{Table: to.Table, Mode: mode}
	if since := options.Since; since != nil {
		if err := since.CheckScope(from.scope); err != nil {
			return start{}, err
		}
		if err := checkTimes(since, run.engine.Now()); err != nil {
			return start{}, err
		}
		export.Current = manifestAt(since, to)
	}
	export.Increment = newIncrementPlan(to, export.Current, plan.Survey, run.wish())
	from.plan.Exports = []ExportPlan{export}
	return from, nil
}

// scopeOf is what a position of a target is bound to.
func scopeOf(of target, users []string, survey exporter.Survey) exporter.PositionScope {
	columns := of.columns()
	if columns != nil {
		columns.Personal = nil // follows from the others
	}
	return exporter.PositionScope{
		Simulated: survey.Simulated, Source: sourceOf(survey), Users: slices.Compact(slices.Sorted(slices.Values(users))),
		Table: of.Table, SchemaVersion: of.table.Version, Columns: columns,
	}
}

// checkTimes refuses a position from the future: what happens until then would be skipped.
func checkTimes(p *exporter.Position, now time.Time) error {
	last := p.FinishedAt
	for _, mark := range p.Marks {
		// The clock of the API may be ahead of ours while it reads, and again now.
		if newest := mark.Newest.Add(-mistrust); newest.After(last) {
			last = newest
		}
	}
	if !last.After(now.Add(mistrust)) {
		return nil
	}
	return exporter.WithHint(fmt.Errorf("the position is of %s, which is in the future", last.UTC().Format(time.RFC3339)),
		"Set the clock of this machine, or read everything once, without a position.")
}

// manifestAt is the manifest of the consumer's rows at a position.
func manifestAt(p *exporter.Position, of target) *exporter.Manifest {
	m := &exporter.Manifest{
		RunID: p.RunID, Mode: of.Mode, Window: exporter.Window{FinishedAt: p.FinishedAt}, FullProof: &p.FullProof,
		Table: p.Table, SchemaVersion: p.SchemaVersion, SchemaFingerprint: of.table.Fingerprint(), Columns: p.Columns,
		Watermarks: make(map[string]time.Time), Recent: make(map[string]exporter.Recent), Proof: exporter.Proof{Complete: true},
	}
	for user, mark := range p.Marks {
		m.Watermarks[user] = mark.Newest
		m.Recent[user] = exporter.Recent{Floor: mark.Floor, Known: mark.Known}
		m.Proof.Partitions = append(m.Proof.Partitions, exporter.PartitionProof{Partition: user, Complete: true, TotalEnd: mark.Total})
	}
	return m
}

// position is that of a consumer that has taken the rows of a proven walk.
func (s start) position(walked walked, made origin, lookback time.Duration) *exporter.Position {
	m := made.manifest(s.target, s.plan.Survey, walked, walked.finished)
	m = continued(m, "", s.plan.Exports[0], walked.pages)
	return &exporter.Position{
		Version: exporter.PositionVersion, PositionScope: s.scope, RunID: made.runID, FinishedAt: m.Window.FinishedAt,
		Marks: watermarks(&m, exporter.ModeMerge, lookback), FullProof: *fullProofOf(&m),
	}
}
