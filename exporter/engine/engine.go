package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/schema"
)

// Engine runs jobs with the adapters it was given. Every field but Memory, Watch
// and Workspace is required, ReadJournal with a Workspace only.
type Engine struct {
	// OpenSource connects to the team of a job.
	OpenSource func(ctx context.Context, config exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error)
	// OpenDestination finds the place that a location names.
	OpenDestination func(location string) (exporter.Destination, error)
	// Formats are the file formats by name.
	Formats map[string]exporter.Format
	// Scratch holds rows between the walk and the file.
	Scratch exporter.Scratch
	// Memory is about how many bytes the rows of a run take in memory; 0 is
	// [exporter.DefaultMemory]. The size of a team makes no difference.
	Memory int64
	// Workspace keeps the journal of a walk that was cut short; nil keeps none. The
	// engine uses it for real servers only: a simulation ends with its process.
	Workspace exporter.Workspace
	// ReadJournal tells what a source has left in a journal, and when. A journal of
	// unknown age is not gone on from.
	ReadJournal func(exporter.Journal) (exporter.Kept, error)
	// Tool is written to the manifest.
	Tool exporter.Tool
	// Now is the clock.
	Now func() time.Time
	// Watch gives every run a second observer; nil gives none.
	Watch func(run exporter.RunInfo) exporter.Observer
	// NewRunID makes an id whose text sorts by time.
	NewRunID func() string
}

// Start resolves the job and opens its source. It reads and writes nothing yet.
// Close the run when done.
func (e *Engine) Start(ctx context.Context, job exporter.Job, obs exporter.Observer) (*Run, error) {
	id := e.NewRunID()
	targets := make([]target, 0, len(job.Exports))
	for _, export := range job.Exports {
		one, err := e.resolve(export, id)
		if err != nil {
			return nil, err
		}
		targets = append(targets, one)
	}
	run, err := e.start(ctx, id, job, e.watched(obs, exporter.RunInfo{ID: id, Team: job.Team, Exports: job.Exports}))
	if err != nil {
		return nil, err
	}
	for i := range targets {
		if targets[i].keyID, err = keyIDOf(targets[i].Columns, targets[:i]); err != nil {
			return nil, errors.Join(err, run.Close())
		}
	}
	run.targets = targets
	return run, nil
}

// StartReading is Start for a run that writes nothing: destinations are not
// looked at. What the job's exports leave out and hash holds for it as well.
func (e *Engine) StartReading(ctx context.Context, job exporter.Job, obs exporter.Observer) (*Run, error) {
	id := e.NewRunID()
	return e.start(ctx, id, job, e.watched(obs, exporter.RunInfo{ID: id, Team: job.Team}))
}

// watched adds the second observer of a run.
func (e *Engine) watched(obs exporter.Observer, run exporter.RunInfo) exporter.Observer {
	if e.Watch == nil {
		return obs
	}
	return observers{obs, e.Watch(run)}
}

func (e *Engine) start(ctx context.Context, id string, job exporter.Job, obs exporter.Observer) (run *Run, err error) {
	defer func() {
		if err != nil {
			obs.Observe(exporter.PlanEnded{Ending: endingOf(ctx, err), Err: err})
			obs.Observe(exporter.RunEnded{})
		}
	}()
	run = &Run{
		engine: e, id: id, config: job.Source, full: job.Full, obs: obs,
		columns: make(map[string]exporter.Columns), masks: make(map[string]*schema.Mask), fullEvery: make(map[string]time.Duration),
	}
	for i, export := range job.Exports {
		for _, other := range job.Exports[:i] {
			if err := exporter.SameColumns(other, export); err != nil {
				return nil, err
			}
		}
		run.columns[export.Table] = export.Columns
		if before, ok := run.fullEvery[export.Table]; export.FullEvery > 0 && (!ok || export.FullEvery < before) {
			run.fullEvery[export.Table] = export.FullEvery
		}
		if run.masks[export.Table], err = maskOf(export); err != nil {
			return nil, err
		}
	}
	if run.source, err = e.OpenSource(ctx, job.Source, obs); err != nil {
		return nil, err
	}
	return run, nil
}

// Manifests reads the manifests of the exports of the job that are there now, of an append
// the newest; nil stands for an export that is not there.
func (e *Engine) Manifests(ctx context.Context, job exporter.Job) ([]*exporter.Manifest, error) {
	manifests := make([]*exporter.Manifest, 0, len(job.Exports))
	for _, export := range job.Exports {
		target, err := e.resolve(export, "")
		if err != nil {
			return nil, err
		}
		plan, err := target.plan(ctx)
		if err != nil {
			return nil, err
		}
		manifests = append(manifests, plan.Current)
	}
	return manifests, nil
}

// OpenFile opens the export at location, a file, a destination folder or the
// folder of the files of an append, and compares its columns with the table that its manifest names.
// It reads no row: what is wrong with the rows is for Verify to say.
func (e *Engine) OpenFile(ctx context.Context, location string) (*File, error) {
	return openFile(ctx, e.locator(), e.temporary(), location)
}

// OpenBeside opens the export of another table in the folder that holds the export at
// location, whose table is of. The error wraps fs.ErrNotExist when there is none.
func (e *Engine) OpenBeside(ctx context.Context, location string, of, other *schema.Table) (*File, error) {
	return openBeside(ctx, e.locator(), location, of, other)
}

// Verify re-reads the export at location, a file or a destination folder, and
// checks it against its own manifest. The error is about finding and opening
// it; what the file gets wrong are failed checks.
func (e *Engine) Verify(ctx context.Context, location string) (Verification, error) {
	return verify(ctx, verifier{e.locator(), e.temporary()}, location)
}

// VerifyEach verifies every export at location: of a destination the files of all
// tables, or the files of a folder of an append, or one file. The files of an append are
// checked together, too: each continues one that is there, or contains everything.
func (e *Engine) VerifyEach(ctx context.Context, location string) iter.Seq2[Verification, error] {
	return verifyEach(ctx, verifier{e.locator(), e.temporary()}, location)
}

// Show describes every export at location by what its footers and pointers state: it reads
// no row.
func (e *Engine) Show(ctx context.Context, location string) iter.Seq2[Shown, error] {
	return shower{e.locator(), e.Now()}.each(ctx, location)
}

// PlanPrune finds the files at location that are no longer needed: old versions, and files
// of an append before a full proof. It removes nothing.
func (e *Engine) PlanPrune(ctx context.Context, location string, options PruneOptions) (*Pruning, error) {
	return planPrune(ctx, pruner{from: e.locator(), location: location, options: options, runID: e.NewRunID()})
}

func (e *Engine) locator() locator {
	from := locator{destination: e.OpenDestination}
	for _, name := range slices.Backward(e.FormatNames()) {
		from.formats = append(from.formats, e.Formats[name])
	}
	return from
}

func (e *Engine) temporary() temporary {
	return temporary{files: e.Scratch, limits: rows.LimitsOf(cmp.Or(e.Memory, exporter.DefaultMemory))}
}

func (e *Engine) resolve(export exporter.Export, runID string) (target, error) {
	table, ok := schema.Lookup(export.Table)
	if !ok {
		return target{}, fmt.Errorf("unknown table %q", export.Table)
	}
	table, err := table.Select(export.Columns.Selection)
	if err != nil {
		return target{}, fmt.Errorf("columns: %w", err)
	}
	format, ok := e.Formats[export.Format]
	if !ok {
		return target{}, fmt.Errorf("unknown format %q", export.Format)
	}
	destination, err := e.OpenDestination(export.Destination)
	if err != nil {
		return target{}, fmt.Errorf("destination %s: %w", exporter.WithoutQuery(export.Destination), err)
	}
	if err := exporter.SetFileMode(export, destination); err != nil {
		return target{}, err
	}
	name := table.Name + format.Extension()
	if export.Mode == exporter.ModeAppend || export.Versioned() {
		name = table.Name + "/" + runID + format.Extension()
	}
	return target{Export: export, table: table, format: format, destination: destination, from: e.locator(), name: name}, nil
}

// FormatNames lists the names of the file formats, sorted.
func (e *Engine) FormatNames() []string { return slices.Sorted(maps.Keys(e.Formats)) }
