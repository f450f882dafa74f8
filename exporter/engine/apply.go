package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// ApplyOptions are a person's decisions about an apply.
type ApplyOptions struct {
	// AllowIncomplete commits a walk that is not proven complete, marked as such.
	AllowIncomplete bool
	// AllowShrink commits also what removes more of a file than Export.MaxShrink.
	AllowShrink bool
	// NoResume starts over, whatever an earlier run has left in its journal.
	NoResume bool
}

// Result is one committed export.
type Result struct {
	File     string            `json:"file"`
	Bytes    int64             `json:"bytes"`
	Manifest exporter.Manifest `json:"manifest"`
}

// Summary is the end of an apply. It holds what is known even when the apply
// failed: the proof of an incomplete walk, the exports committed before an error.
type Summary struct {
	RunID     string `json:"run_id"`
	Simulated bool   `json:"simulated"`
	// Proof is that of the walk; of several tables what they have in common: it is
	// complete when all of them are.
	Proof exporter.Proof `json:"proof"`
	// Tables has an entry per table when there are several; nil otherwise.
	Tables  []TableSummary `json:"tables,omitempty"`
	Exports []Result       `json:"exports"`
	// Wanted is the number of exports of the job; fewer Exports mean that an error
	// kept some from being written.
	Wanted int `json:"exports_wanted"`
	// NothingNew are the places of append exports that had nothing to add: no file
	// was written.
	NothingNew []string `json:"nothing_new,omitempty"`
	// Kept is what an apply that failed leaves to the next one; nil when that starts
	// over.
	Kept *exporter.Kept `json:"kept,omitempty"`

	Elapsed time.Duration `json:"-"`
	Seconds float64       `json:"seconds"`
}

// TableSummary is the end of one table of several.
type TableSummary struct {
	Table string         `json:"table"`
	Proof exporter.Proof `json:"proof"`
	// Error says why exports of the table were not written, and Hint what to do; both are
	// empty when all were.
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`
	// Err is the same as an error.
	Err error `json:"-"`
}

// Done is the number of exports that need nothing any more.
func (s Summary) Done() int { return len(s.Exports) + len(s.NothingNew) }

// Apply claims the destinations, reads each table once, and commits the exports of the
// job, one after the other. Call Plan first. An error that wraps
// [exporter.ErrIncomplete] means that the destinations of a table hold what they held
// before. What keeps one table from being written does not keep others.
func (r *Run) Apply(ctx context.Context, plan Plan, options ApplyOptions) (summary Summary, err error) {
	started := r.engine.Now()
	defer func() {
		summary.Elapsed = r.engine.Now().Sub(started)
		summary.Seconds = summary.Elapsed.Seconds()
	}()
	summary = Summary{RunID: r.id, Simulated: plan.Survey.Simulated, Wanted: len(r.targets)}

	targets, unlock, err := r.lock(ctx, plan)
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	tables := r.tables()
	var failed []error
	for _, table := range tables {
		one, err := r.applyTable(ctx, table, targets, application{plan, started, options})
		summary.Exports = append(summary.Exports, one.results...)
		summary.NothingNew = append(summary.NothingNew, one.nothingNew...)
		if one.kept != nil {
			summary.Kept = one.kept
		}
		if len(tables) == 1 {
			summary.Proof = one.proof
			return summary, err
		}
		end := TableSummary{Table: table.Name, Proof: one.proof}
		if err != nil {
			err = exporter.WithHint(fmt.Errorf("%s: %w", table.Name, err), exporter.Hint(err))
			end.Error, end.Hint, end.Err = err.Error(), exporter.Hint(err), err
			failed = append(failed, err)
		}
		summary.Tables = append(summary.Tables, end)
		if err != nil && !ofOneTable(err) {
			break
		}
	}
	summary.Proof = joined(summary.Tables, len(tables))
	return summary, errors.Join(failed...)
}

// ofOneTable reports whether an error says nothing about other tables.
func ofOneTable(err error) bool {
	return errors.Is(err, exporter.ErrIncomplete) || errors.Is(err, ErrShrunk) || errors.Is(err, exporter.ErrNoAccess)
}

// joined is what the proofs of several tables have in common; so many were wanted.
func joined(tables []TableSummary, wanted int) exporter.Proof {
	proof := exporter.Proof{Complete: len(tables) == wanted}
	var methods []string
	for _, table := range tables {
		one := table.Proof
		proof.Requests += one.Requests
		proof.Retries += one.Retries
		proof.Throttled += one.Throttled
		proof.Resumed += one.Resumed
		if proof.ResumedFrom == nil {
			proof.ResumedFrom = one.ResumedFrom
		}
		proof.RowsRead += one.RowsRead
		proof.Rows += one.Rows
		proof.Duplicates += one.Duplicates
		proof.Superseded += one.Superseded
		if !one.Complete || table.Error != "" {
			proof.Complete = false
			if len(one.Reasons) == 0 {
				one.Reasons = []string{table.Error}
			}
		}
		for _, reason := range one.Reasons {
			proof.Reasons = append(proof.Reasons, table.Table+": "+strings.TrimPrefix(reason, table.Table+": "))
		}
		if one.Method != "" && !slices.Contains(methods, one.Method) {
			methods = append(methods, one.Method)
		}
	}
	if proof.Complete {
		proof.Method = strings.Join(methods, ", ")
	}
	return proof
}

// application is what the exports of an apply have in common.
type application struct {
	plan    Plan
	started time.Time
	options ApplyOptions
}

// applied is the end of the exports of one table.
type applied struct {
	proof      exporter.Proof
	results    []Result
	nothingNew []string
	kept       *exporter.Kept
}

// applyTable reads a table once and commits its exports.
func (r *Run) applyTable(ctx context.Context, table *schema.Table, all []lockedTarget, of application) (end applied, err error) {
	if err := of.plan.Survey.Of(table.Name).Err(); err != nil {
		return end, err
	}
	targets, exports := targetsOf(table.Name, all), of.plan.exportsOf(table.Name)
	table = targets[0].table // without what the exports leave out
	sorter, err := r.engine.openSorter(table, of.plan.leastRoom(table.Name))
	if err != nil {
		return end, err
	}
	defer func() { err = errors.Join(err, sorter.Close()) }()

	journal := r.openJournal(table, of.plan.Survey, of.plan.since(table.Name), of.options.NoResume)
	defer func() {
		end.kept = r.keptAfter(err, journal, targets, len(end.results)+len(end.nothingNew) > 0)
		err = errors.Join(err, journal.Close())
	}()
	walked, err := r.walk(ctx, sorter, table, of.plan, journal)
	end.proof = walked.proof
	if err != nil {
		return end, err
	}
	if !walked.proof.Complete && !of.options.AllowIncomplete {
		// Another walk may be proven; this one read again would not be.
		return end, errors.Join(incomplete(walked.proof), journal.Remove())
	}
	if !of.options.AllowShrink {
		if err := of.plan.guard(table.Name, walked.proof, walked.sorted.Rows()); err != nil {
			// The next walk must see for itself what is there.
			return end, errors.Join(err, journal.Remove())
		}
	}
	for i, target := range targets {
		var added *addedRows
		if fresh := walked.pages.fresh[i]; fresh != nil {
			if added, err = fresh.settle(walked.sorted.Index(), r.engine.limits().Share, target.earlier(ctx, exports[i])); err != nil {
				return end, err
			}
		}
		if added != nil && len(added.ids) == 0 {
			end.nothingNew = append(end.nothingNew, target.destination.URL(target.table.Name))
			continue
		}
		result, err := r.export(ctx, target, export{of, exports[i], added}, walked)
		switch {
		case errors.Is(err, exporter.ErrIncomplete):
			end.proof = result.Manifest.Proof
			return end, errors.Join(err, journal.Remove())
		case errors.Is(err, ErrShrunk):
			return end, errors.Join(err, journal.Remove())
		case err != nil:
			return end, fmt.Errorf("write %s: %w", target.url(), err)
		}
		end.results = append(end.results, result)
	}
	return end, journal.Remove()
}

func targetsOf(table string, all []lockedTarget) []lockedTarget {
	return slices.DeleteFunc(slices.Clone(all), func(t lockedTarget) bool { return t.Table != table })
}

// export is what the writing of one file follows from besides the walk.
type export struct {
	application
	file  ExportPlan
	added *addedRows // of an append; nil takes every row
}

func (r *Run) export(ctx context.Context, target lockedTarget, of export, walked walked) (Result, error) {
	rows, err := target.contents(walked.sorted, of.file, walked, of.added)
	if err != nil {
		return Result{}, err
	}
	guard := of.file.guardMerge
	if of.options.AllowShrink {
		guard = nil
	}
	manifest := target.continued(r.manifest(target.target, of.plan, walked, of.started), of.file, walked.pages)
	return r.write(ctx, target, rows, guard, manifest, walked.life)
}

// nameWinner says, once, which run a commit came too late for: the destination
// knows it, or the file that is there now does.
func (t target) nameWinner(ctx context.Context, err error) error {
	if !errors.Is(err, exporter.ErrConflict) {
		return err
	}
	const hint = "The destination contains the export of the other run. Plan again, and apply if there is still something to do."
	if conflict, ok := errors.AsType[exporter.ConflictError](err); ok && conflict.RunID != "" {
		return exporter.WithHint(err, hint)
	}
	there, _, readErr := readManifest(ctx, t.destination, t.format, t.name)
	if readErr != nil {
		return exporter.WithHint(fmt.Errorf("%w (the file that is there now cannot be read: %w)", err, readErr), hint)
	}
	return exporter.WithHint(fmt.Errorf("%w: run %s", err, there.RunID), hint)
}

func (r *Run) manifest(target target, plan Plan, walked walked, started time.Time) exporter.Manifest {
	if resumed := walked.proof.ResumedFrom; resumed != nil {
		started = *resumed
	}
	return exporter.Manifest{
		Version:           exporter.ManifestVersion,
		RunID:             r.id,
		Tool:              r.engine.Tool,
		Simulated:         plan.Survey.Simulated,
		Source:            sourceOf(plan.Survey),
		Table:             target.table.Name,
		SchemaVersion:     target.table.Version,
		SchemaFingerprint: target.table.Fingerprint(),
		Columns:           target.columns(),
		Mode:              target.Mode,
		Window:            exporter.Window{StartedAt: started.UTC(), FinishedAt: walked.finished.UTC()},
		UnknownFields:     walked.unknown,
		Proof:             walked.proof,
	}
}

func sourceOf(survey exporter.Survey) exporter.ManifestSource {
	return exporter.ManifestSource{Type: survey.Source, Endpoint: survey.Endpoint, TeamID: survey.TeamID}
}

func incomplete(proof exporter.Proof) error {
	return exporter.WithHint(Unproven(proof),
		"Nothing was written. Run apply again when the inbox is quieter. If the reason stays the same, apply -allow-incomplete writes the rows that were read, marked as incomplete.")
}

// Unproven is the error of a proof that is not complete; it wraps [exporter.ErrIncomplete].
func Unproven(proof exporter.Proof) error {
	return fmt.Errorf("%w: %s", exporter.ErrIncomplete, strings.Join(proof.Reasons, "; "))
}
