package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store/folder"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// surroundings are what the engine runs in, apart from the folder that it writes to.
type surroundings struct {
	source exporter.Source
	now    func() time.Time
	// workspace is nil for a source that keeps no journal.
	workspace exporter.Workspace
}

// apply runs the engine as main wires it, but for its surroundings. It returns what
// writing took, from the first row to the commit, the commit not included.
func apply(ctx context.Context, in surroundings, dir, mode string) (result engine.Result, write time.Duration, err error) {
	runner := engine.Engine{
		OpenSource: func(context.Context, exporter.SourceConfig, exporter.Observer) (exporter.Source, error) {
			return in.source, nil
		},
		OpenDestination: func(location string) (exporter.Destination, error) {
			return folder.New(location), nil
		},
		Formats:   map[string]exporter.Format{"parquet": parquet.Format{Version: "bench"}},
		Scratch:   scratch.New(filepath.Dir(dir)),
		Workspace: in.workspace,
		Tool:      exporter.Tool{Name: "lemexport", Version: "bench"},
		Now:       in.now,
		NewRunID:  func() string { return uuid.Must(uuid.NewV7()).String() },
	}
	job := exporter.Job{Exports: []exporter.Export{{Table: "inbox_conversations", Destination: dir, Format: "parquet", Mode: mode}}}
	clock := new(writeClock)
	run, err := runner.Start(ctx, job, clock)
	if err != nil {
		return result, 0, err
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(ctx)
	if err != nil {
		return result, 0, err
	}
	summary, err := run.Apply(ctx, plan, engine.ApplyOptions{})
	if err != nil {
		return result, 0, err
	}
	if len(summary.Exports) != 1 {
		return result, 0, fmt.Errorf("%d exports", len(summary.Exports))
	}
	return summary.Exports[0], clock.after - clock.before, clock.err
}

// writeClock reads the CPU time when the engine begins to write and when it commits.
type writeClock struct {
	before, after time.Duration
	err           error
}

// Observe implements exporter.Observer.
func (c *writeClock) Observe(event exporter.Event) {
	phase, ok := event.(exporter.PhaseStarted)
	if !ok {
		return
	}
	var err error
	switch phase.Phase {
	case exporter.PhaseWrite:
		c.before, err = process.CPU()
	case exporter.PhaseCommit:
		c.after, err = process.CPU()
	default:
	}
	if err != nil {
		c.err = err
	}
}
