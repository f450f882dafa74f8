package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
)

// mergeContest compares a merge with two ways to write the same rows anew, all in
// turn: hash and encoder by themselves, which have the rows in memory, and the engine's
// write of a snapshot, which has them in its temporary file.
func mergeContest(ctx context.Context, options options) (string, error) {
	if options.changes < 10 || options.changes > options.conversations {
		return "", fmt.Errorf("%d changes of %d conversations cannot be merged: a tenth of them is new, the others are known", options.changes, options.conversations)
	}
	programs, pages, err := options.prepare(ctx)
	if err != nil {
		return "", err
	}
	in := func(name string) string { return filepath.Join(options.dir, name) }
	changes := process.Task{Kind: "changes", Before: pages, Out: in("changes.ndjson"), Conversations: options.conversations, Changes: options.changes, Newest: options.newest}
	if _, err := changes.Run(ctx, programs[self]); err != nil {
		return "", err
	}
	task := process.Task{Pages: pages, Conversations: options.conversations, Workers: options.workers}
	anew, snapshot, merge := task, task, task
	anew.Kind, anew.Out = "anew", in("anew.parquet")
	snapshot.Kind, snapshot.Mode, snapshot.Out = "export", exporter.ModeSnapshot, in("old.parquet")
	merge.Kind, merge.Mode, merge.Out = "export", exporter.ModeMerge, in("merged.parquet")
	merge.Pages, merge.Before = changes.Out, snapshot.Out

	var anews, snapshots, merges []process.Usage
	for run := range options.runs {
		for _, one := range []struct {
			task    process.Task
			program program
			took    *[]process.Usage
		}{{anew, self, &anews}, {snapshot, engine, &snapshots}, {merge, engine, &merges}} {
			took, err := one.task.Run(ctx, programs[one.program])
			if err != nil {
				return "", err
			}
			fmt.Fprintf(os.Stderr, "run %d of %d: %-14s write %6.2f s  %s\n", run+1, options.runs, filepath.Base(one.task.Out), took.Part.Seconds(), took)
			*one.took = append(*one.took, took)
		}
	}
	merge.Kind, merge.Conversations = "check", options.conversations+options.changes/10
	if _, err := merge.Run(ctx, programs[duckdb]); err != nil {
		return "", err
	}
	return mergeTable(options, anews, snapshots, merges), nil
}

func mergeTable(options options, anews, snapshots, merges []process.Usage) string {
	var out table
	out.row("", "write, CPU s", "of anew", "of snapshot", "all, CPU s", "wall s", "peak MiB", "file MiB")
	for _, one := range []struct {
		name string
		runs []process.Usage
	}{{"anew", anews}, {"snapshot", snapshots}, {"merge", merges}} {
		middle := medianOf(one.runs)
		out.row(one.name, seconds(middle.Part), partOf(one.runs, anews), partOf(one.runs, snapshots),
			seconds(middle.CPU), seconds(middle.Wall), mebibytes(middle.Peak), mebibytesOfFile(middle.Size))
	}
	where := "anywhere"
	if options.newest {
		where = "among the newest"
	}
	return fmt.Sprintf("%s changes %s merged into %s conversations with GOMAXPROCS=%d, medians of %d.\n\n%s",
		count(options.changes), where, count(options.conversations), options.workers, options.runs, out)
}

// partOf is the median of the ratios of neighbours in time.
func partOf(runs, others []process.Usage) string {
	const one = 1_000_000
	ratios := make([]process.Usage, len(runs))
	for i := range runs {
		ratios[i].Part = time.Duration(one * float64(runs[i].Part) / float64(others[i].Part))
	}
	return fmt.Sprintf("%.2f", float64(medianOf(ratios).Part)/one)
}
