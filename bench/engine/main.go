// Engine is the product's engine as a contestant of the benchmark, with the
// adapters that it has, but for the source.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func main() {
	process.Main("engine", map[string]process.Work{"convert": export, "export": export, "whole": whole})
}

// export is an apply of the engine, anew or on top of the file that Before names,
// and returns what the writing took.
func export(ctx context.Context, task process.Task) (took time.Duration, err error) {
	dir := task.Out + ".d"
	defer func() { _ = os.RemoveAll(dir) }()
	if task.Before != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return 0, err
		}
		// A commit replaces the name, so that the old file stays what it is.
		if err := os.Link(task.Before, filepath.Join(dir, "inbox_conversations.parquet")); err != nil {
			return 0, err
		}
	}
	started := time.Now()
	result, took, err := apply(ctx, surroundings{
		source: pagesSource{path: task.Pages, total: int64(task.Conversations)},
		// A clock in the time of the simulation: watermarks in its future are not trusted.
		now: func() time.Time { return sim.Epoch().Add(time.Hour + time.Since(started)) },
	}, dir, task.Mode)
	if err != nil {
		return 0, err
	}
	if changes := result.Manifest.Changes; task.Before != "" && (changes == nil || changes.Added == 0 || changes.Updated == 0 || changes.Kept == 0) {
		return 0, fmt.Errorf("the merge was none: %+v", changes)
	}
	return took, os.Rename(result.File, task.Out)
}
