package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
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
	RunID     string         `json:"run_id"`
	Simulated bool           `json:"simulated"`
	Proof     exporter.Proof `json:"proof"`
	Exports   []Result       `json:"exports"`
	// Wanted is the number of exports of the job; fewer Exports mean that an error
	// ended the apply between two of them.
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

// Done is the number of exports that need nothing any more.
func (s Summary) Done() int { return len(s.Exports) + len(s.NothingNew) }

// Apply claims the destinations, walks the source once, and commits every
// export of the job, one after the other. Call Plan first. An error that wraps
// [exporter.ErrIncomplete] means that the destinations hold what they held before.
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

	sorter, err := r.engine.openSorter(r.targets[0].table, plan.leastRoom())
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, sorter.Close()) }()

	journal := r.openJournal(r.targets[0].table, plan.Survey, plan.since(), options.NoResume)
	defer func() {
		summary.Kept = r.keptAfter(err, journal, summary)
		err = errors.Join(err, journal.Close())
	}()
	walked, err := r.walk(ctx, sorter, r.targets[0].table, plan, journal)
	summary.Proof = walked.proof
	if err != nil {
		return summary, err
	}
	if !walked.proof.Complete && !options.AllowIncomplete {
		// Another walk may be proven; this one read again would not be.
		return summary, errors.Join(incomplete(walked.proof), journal.Remove())
	}
	if !options.AllowShrink {
		if err := plan.guard(walked.proof, walked.sorted.Rows()); err != nil {
			// The next walk must see for itself what is there.
			return summary, errors.Join(err, journal.Remove())
		}
	}
	for i, target := range targets {
		var added *addedRows
		if fresh := walked.pages.fresh[i]; fresh != nil {
			if added, err = fresh.settle(walked.sorted.Index(), r.engine.limits().Share, target.earlier(ctx, plan.Exports[i])); err != nil {
				return summary, err
			}
		}
		if added != nil && len(added.ids) == 0 {
			summary.NothingNew = append(summary.NothingNew, target.destination.URL(target.table.Name))
			continue
		}
		result, err := r.export(ctx, target, export{plan, plan.Exports[i], added, started, options}, walked)
		switch {
		case errors.Is(err, exporter.ErrIncomplete):
			summary.Proof = result.Manifest.Proof
			return summary, errors.Join(err, journal.Remove())
		case errors.Is(err, ErrShrunk):
			return summary, errors.Join(err, journal.Remove())
		case err != nil:
			return summary, fmt.Errorf("write %s: %w", target.url(), err)
		}
		summary.Exports = append(summary.Exports, result)
	}
	return summary, journal.Remove()
}

// export is what the writing of one file follows from besides the walk.
type export struct {
	plan    Plan
	file    ExportPlan
	added   *addedRows // of an append; nil takes every row
	started time.Time
	options ApplyOptions
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

// lockedTarget is a target that no other run writes.
type lockedTarget struct {
	target
	// over is the version that the run replaces, and beside the digest of the names of
	// the files beside an append.
	over   exporter.Version
	beside string
}

// lock claims every destination, and sees that it still holds what the plan saw.
func (r *Run) lock(ctx context.Context, plan Plan) (locked []lockedTarget, unlock func() error, err error) {
	var held []func() error
	release := func() error {
		var failed []error
		for _, one := range slices.Backward(held) {
			failed = append(failed, one())
		}
		return errors.Join(failed...)
	}
	for i, target := range r.targets {
		one, err := target.destination.Lock(ctx, r.id)
		if err != nil {
			return nil, nil, errors.Join(err, release())
		}
		held = append(held, one)
		now, err := target.unchangedSince(ctx, plan.Exports[i])
		if err != nil {
			return nil, nil, errors.Join(err, release())
		}
		locked = append(locked, lockedTarget{target, now.version, now.beside})
	}
	return locked, release, nil
}

// unchangedSince looks at the target again, which must hold what the plan was about.
func (t target) unchangedSince(ctx context.Context, plan ExportPlan) (ExportPlan, error) {
	now, err := t.plan(ctx)
	if err != nil {
		return ExportPlan{}, err
	}
	if !equal(now.Current, plan.Current, func(a, b exporter.Manifest) bool { return a.RunID == b.RunID }) {
		return ExportPlan{}, exporter.WithHint(fmt.Errorf("%s has changed since the plan was made", plan.File),
			"Another run has written it in the meantime. Plan again.")
	}
	return now, nil
}

// nameWinner says, once, which run a commit came too late for: the destination
// knows it, or the file that is there now does.
func (t target) nameWinner(ctx context.Context, err error) error {
	if !errors.Is(err, exporter.ErrConflict) {
		return err
	}
	const hint = "The destination holds what the other run wrote. Plan again; apply if there is still something to do."
	if conflict, ok := errors.AsType[exporter.ConflictError](err); ok && conflict.RunID != "" {
		return exporter.WithHint(err, hint)
	}
	there, _, readErr := readManifest(ctx, t.destination, t.format, t.name)
	if readErr != nil {
		return exporter.WithHint(fmt.Errorf("%w (what is there now cannot be read: %w)", err, readErr), hint)
	}
	return exporter.WithHint(fmt.Errorf("%w: run %s", err, there.RunID), hint)
}

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
	since := plan.since()
	if plan.Conversations != nil && len(since) == 0 {
		total = *plan.Conversations
	}
	r.obs.Observe(exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: total})
	life := r.lifetime(journal)
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

// keep adds a page's rows without what must not be written.
func (r *Run) keep(table *schema.Table, sorter *rows.Sorter, pages *collector, page exporter.Page) error {
	rec, err := masked(r.mask, page.Record)
	if err != nil {
		return err
	}
	defer rec.Release()
	keys, err := table.Keys(rec)
	if err != nil {
		return err
	}
	pages.add(page.Partition, keys)
	return sorter.Add(page.Partition, rec, keys)
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
		Source:            exporter.ManifestSource{Type: "lemlist", Endpoint: plan.Survey.Endpoint, TeamID: plan.Survey.TeamID},
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

func incomplete(proof exporter.Proof) error {
	return exporter.WithHint(Unproven(proof),
		"Nothing was written. Run apply again when the inbox is quieter. When the reason stays the same, apply -allow-incomplete writes what was read, marked as incomplete.")
}

// Unproven is the error of a proof that is not complete; it wraps [exporter.ErrIncomplete].
func Unproven(proof exporter.Proof) error {
	return fmt.Errorf("%w: %s", exporter.ErrIncomplete, strings.Join(proof.Reasons, "; "))
}
