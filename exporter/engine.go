package exporter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	// mask makes what is kept of the walk's rows; nil keeps them as they are.
	mask *schema.Mask
	obs  Observer
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
	if len(job.Exports) == 0 {
		return nil, errors.New("a job without exports")
	}
	targets := make([]target, 0, len(job.Exports))
	for _, export := range job.Exports {
		if err := SameColumns(job.Exports[0], export); err != nil {
			return nil, err
		}
		one, err := e.resolve(export)
		if err != nil {
			return nil, err
		}
		targets = append(targets, one)
	}
	mask, err := maskOf(job.Exports[0])
	if err != nil {
		return nil, err
	}
	source, err := e.OpenSource(ctx, job.Source, obs)
	if err != nil {
		return nil, err
	}
	return &Run{engine: e, id: e.NewRunID(), config: job.Source, source: source, targets: targets, mask: mask, obs: obs}, nil
}

// ID is the run's id, as the manifest and the destination's lock state it.
func (r *Run) ID() string { return r.id }

// Close releases the source.
func (r *Run) Close() error { return r.source.Close() }

func (e *Engine) resolve(export Export) (target, error) {
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
		return target{}, fmt.Errorf("destination %s: %w", export.Destination, err)
	}
	return target{Export: export, table: table, format: format, destination: destination, name: table.Name + format.Extension()}, nil
}

// FormatNames lists the names of the file formats, sorted.
func (e *Engine) FormatNames() []string { return slices.Sorted(maps.Keys(e.Formats)) }

func (t target) url() string { return t.destination.URL(t.name) }
