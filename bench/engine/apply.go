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
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store/folder"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// apply runs the engine as main wires it, but for the source. It returns what
// writing took, from the first row to the commit, the commit not included.
func apply(ctx context.Context, source exporter.Source, dir, mode string) (result engine.Result, write time.Duration, err error) {
	started := time.Now()
	runner := engine.Engine{
		OpenSource: func(context.Context, exporter.SourceConfig, exporter.Observer) (exporter.Source, error) {
			return source, nil
		},
		OpenDestination: func(location string) (exporter.Destination, error) {
			return folder.New(location), nil
		},
		Formats: map[string]exporter.Format{"parquet": parquet.Format{Version: "bench"}},
		Scratch: scratch.New(filepath.Dir(dir)),
		Tool:    exporter.Tool{Name: "lemexport", Version: "bench"},
		// A clock in the time of the simulation: watermarks in its future are not trusted.
		Now:      func() time.Time { return sim.Epoch().Add(time.Hour + time.Since(started)) },
		NewRunID: func() string { return uuid.Must(uuid.NewV7()).String() },
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
