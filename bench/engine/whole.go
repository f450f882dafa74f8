package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/internal/heaplimit"
)

// whole is an apply of everything that the product has, the walk and its journal
// included, on a simulation in another process that has no rate limit. It returns what
// the writing took.
func whole(ctx context.Context, task process.Task) (took time.Duration, err error) {
	limit := heaplimit.New(false)
	limit.Use(exporter.DefaultMemory)
	source, err := lemlist.Open(lemlist.Options{
		Endpoint: task.Endpoint, Key: exporter.NewSecret(sim.DefaultKey), Unlimited: true, Observer: limit.Counting(exporter.Unobserved{}),
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	dir := filepath.Dir(task.Out)
	result, took, err := apply(ctx, surroundings{source: source, now: time.Now, workspace: journal.NewWorkspace(dir + ".journals")}, dir, task.Mode)
	if err != nil {
		return 0, err
	}
	switch got := result.Manifest; {
	case !got.Proof.Complete:
		return 0, fmt.Errorf("the export is not proven complete: %s", strings.Join(got.Proof.Reasons, "; "))
	case task.Mode == exporter.ModeSnapshot && got.Rows != int64(task.Conversations):
		return 0, fmt.Errorf("%d rows of %d conversations", got.Rows, task.Conversations)
	case task.Mode == exporter.ModeMerge && (got.Changes == nil || got.Changes.Added == 0 || got.Changes.Updated == 0 || got.Changes.Kept == 0):
		return 0, fmt.Errorf("the merge was none: %+v", got.Changes)
	}
	return took, nil
}
