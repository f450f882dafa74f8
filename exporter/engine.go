package exporter

import (
	"context"
	"fmt"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// Engine runs jobs with the adapters it was given. Every field but Workspace is
// required.
type Engine struct {
	// OpenSource connects to the team of a job.
	OpenSource func(ctx context.Context, config SourceConfig, obs Observer) (Source, error)
	// OpenDestination finds the place that a location names.
	OpenDestination func(location string) (Destination, error)
	// Formats are the file formats by name.
	Formats map[string]Format
	// Scratch holds rows between the walk and the file.
	Scratch Scratch
	// Workspace keeps the journal of a walk that was cut short; nil keeps none. The
	// engine uses it for real servers only: a simulation ends with its process.
	Workspace Workspace
	// Tool is written to the manifest.
	Tool Tool
	// Now is the clock.
	Now func() time.Time
	// NewRunID makes an id whose text sorts by time.
	NewRunID func() string
}

// Run is one use of a source: a plan, and then perhaps an apply that follows it.
type Run struct {
	engine  *Engine
	id      string
	config  SourceConfig
	source  Source
	targets []target
	obs     Observer
}

// target is one export with the adapters it resolved to.
type target struct {
	Export
	table       *schema.Table
	format      Format
	destination Destination
	name        string
}

// Start resolves the job and opens its source. It reads and writes nothing yet.
// Close the run when done.
func (e *Engine) Start(ctx context.Context, job Job, obs Observer) (*Run, error) {
	id := e.NewRunID()
	targets := make([]target, 0, len(job.Exports))
	for _, export := range job.Exports {
		one, err := e.resolve(export, id)
		if err != nil {
			return nil, err
		}
		targets = append(targets, one)
	}
	source, err := e.OpenSource(ctx, job.Source, obs)
	if err != nil {
		return nil, err
	}
	return &Run{engine: e, id: id, config: job.Source, source: source, targets: targets, obs: obs}, nil
}

// ID is the run's id, as the manifest and the destination's lock state it.
func (r *Run) ID() string { return r.id }

// Close releases the source.
func (r *Run) Close() error { return r.source.Close() }

func (e *Engine) resolve(export Export, runID string) (target, error) {
	table, ok := schema.Lookup(export.Table)
	if !ok {
		return target{}, fmt.Errorf("unknown table %q", export.Table)
	}
	format, ok := e.Formats[export.Format]
	if !ok {
		return target{}, fmt.Errorf("unknown format %q", export.Format)
	}
	destination, err := e.OpenDestination(export.Destination)
	if err != nil {
		return target{}, fmt.Errorf("destination %s: %w", export.Destination, err)
	}
	name := table.Name + format.Extension()
	if export.Mode == ModeAppend {
		name = table.Name + "/" + runID + format.Extension()
	}
	return target{Export: export, table: table, format: format, destination: destination, name: name}, nil
}

func (t target) url() string { return t.destination.URL(t.name) }
