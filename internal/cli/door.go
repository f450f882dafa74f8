package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/door"
)

// doorEngine is the engine for the doors of foreign hosts. The view shows its progress.
type doorEngine struct {
	app    App
	global settings
	show   view
}

// Check implements [door.Engine].
func (e doorEngine) Check(ctx context.Context, job exporter.Job) error {
	return withRunOf(ctx, e.app, e.global, job, "", (*engine.Engine).StartReading, func(run *engine.Run, events *eventBuffer) error {
		_, err := planned(ctx, e.app, e.show, run, events)
		return err
	})
}

// Read implements [door.Engine].
func (e doorEngine) Read(job exporter.Job, table string, since []byte) door.Reading {
	return &doorReading{engine: e, job: job, table: table, since: since}
}

type doorReading struct {
	engine doorEngine
	job    exporter.Job
	table  string
	since  []byte
	// full is known from the first batch on, position after the last one.
	full     bool
	position []byte
}

// Batches implements [door.Reading].
func (r *doorReading) Batches(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		more := true
		err := r.read(ctx, func(rec arrow.Record) bool {
			more = yield(rec, nil)
			return more
		})
		if err != nil && more {
			yield(nil, err)
		}
	}
}

func (r *doorReading) read(ctx context.Context, yield func(arrow.Record) bool) error {
	options := engine.ReadOptions{Once: true}
	if len(r.since) > 0 {
		var err error
		if options.Since, err = exporter.ParsePosition(r.since); err != nil {
			return err
		}
	}
	e := r.engine
	return withRunOf(ctx, e.app, e.global, r.job, "", (*engine.Engine).StartReading, func(run *engine.Run, events *eventBuffer) error {
		reading, err := run.Read(r.table, options)
		if err != nil {
			return err
		}
		err = events.during(e.app, e.show, func() error {
			for batch, err := range reading.Batches(ctx) {
				if err != nil {
					return err
				}
				r.full = reading.Summary().Full
				if !yield(batch.Record) {
					return nil
				}
			}
			r.full = reading.Summary().Full // of an empty table, too
			r.position, err = json.Marshal(reading.Position())
			return err
		})
		if summary := reading.Summary(); summary.Proof != nil && (err == nil || errors.Is(err, exporter.ErrIncomplete)) {
			e.show.delivered(summary)
		}
		return err
	})
}

// Full implements [door.Reading].
func (r *doorReading) Full() bool { return r.full }

// Position implements [door.Reading].
func (r *doorReading) Position() []byte { return r.position }

// mostDoorFile bounds the files that a host passes: a catalog describes every column.
const mostDoorFile = 64 << 20

// readDoorFile reads a file that a host passes; an empty name means none.
func readDoorFile(name string) (file door.File, err error) {
	if name == "" {
		return door.File{}, nil
	}
	reader, err := os.Open(name) //nolint:gosec // the host names the file
	if err != nil {
		return door.File{}, err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	body, err := io.ReadAll(io.LimitReader(reader, mostDoorFile+1))
	if err == nil && len(body) > mostDoorFile {
		err = fmt.Errorf("%s is larger than %d bytes", name, mostDoorFile)
	}
	return door.File{Name: name, Bytes: body}, err
}

// loadDoorJob reads the configuration that a host passes, and shows its warnings.
func loadDoorJob(app App, show view, name string) (exporter.Job, error) {
	file, err := readDoorFile(name)
	if err != nil {
		return exporter.Job{}, err
	}
	job, warnings, err := door.LoadConfig(app.LoadHostConfig, file)
	show.diagnostics(warnings)
	return job, err
}

// DoorArguments are the arguments of a program that was started by this path: hosts that
// start a bare path choose the door by its name, or by the first argument that they pass.
func DoorArguments(path string, args []string) []string {
	if len(args) > 0 && args[0] == "serve" {
		return append([]string{"cloudquery"}, args...) // CloudQuery passes no other argument first
	}
	switch strings.TrimSuffix(filepath.Base(path), ".exe") {
	case "tap-lemlist":
		return append([]string{"singer"}, args...)
	case "source-lemlist":
		return append([]string{"airbyte"}, args...)
	}
	return args
}
