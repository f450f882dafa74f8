package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/lemexport/lemexport/bench/inbox"
	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter"
)

// contestant converts pages into a Parquet file, with so many cores.
type contestant struct {
	name    string
	program program
	workers int
	// convert is in the program self only; the others know what to do.
	convert func(ctx context.Context, task process.Task) error
}

func contestants() []contestant {
	return []contestant{
		{"lemexport-1", self, 1, lemexport},
		{"lemexport-2", self, 2, lemexport},
		{"lemexport-compact", self, 1, encoded(exporter.EncodingCompact)},
		{"lemexport-plain", self, 1, encoded(exporter.EncodingPlain)},
		{"apply-1", engine, 1, nil},
		{"apply-2", engine, 2, nil},
		{"duckdb-1", duckdb, 1, nil},
		{"duckdb-2", duckdb, 2, nil},
		{"pqarrow", self, 1, pqarrowWriter},
		{"encoding-json", self, 1, standardLibrary},
		{nothing, self, 1, func(context.Context, process.Task) error { return nil }},
	}
}

// nothing is what this program takes to start and to end: the ground on which the
// figures of the others stand.
const nothing = "nothing"

func names() []string {
	var all []string
	for _, one := range contestants() {
		all = append(all, one.name)
	}
	return all
}

func find(name string) (contestant, bool) {
	all := contestants()
	i := slices.IndexFunc(all, func(one contestant) bool { return one.name == name })
	if i < 0 {
		return contestant{}, false
	}
	return all[i], true
}

// works are the tasks of this program.
func works() map[string]process.Work {
	return map[string]process.Work{
		"pages": func(ctx context.Context, task process.Task) (time.Duration, error) {
			return 0, inbox.MakePages(ctx, task)
		},
		"changes": func(_ context.Context, task process.Task) (time.Duration, error) { return 0, inbox.MakeChanges(task) },
		"convert": convert,
		"anew":    anew,
	}
}

// convert runs one contestant in this process.
func convert(ctx context.Context, task process.Task) (time.Duration, error) {
	one, ok := find(task.Name)
	if !ok || one.convert == nil {
		return 0, fmt.Errorf("no contestant is called %q", task.Name)
	}
	return 0, one.convert(ctx, task)
}

// contest makes the pages and lets the contestants convert them in turn.
func contest(ctx context.Context, options options) (string, error) {
	programs, pages, err := options.prepare(ctx)
	if err != nil {
		return "", err
	}
	results := make(map[string][]process.Usage)
	for run := range options.runs {
		for _, name := range options.names {
			one, _ := find(name)
			work := process.Task{Kind: "convert", Name: name, Pages: pages, Out: filepath.Join(options.dir, name+".parquet"),
				Conversations: options.conversations, Workers: one.workers, Mode: exporter.ModeSnapshot}
			took, err := work.Run(ctx, programs[one.program])
			if err != nil {
				return "", err
			}
			fmt.Fprintf(os.Stderr, "run %d of %d: %-20s %s\n", run+1, options.runs, name, took)
			results[name] = append(results[name], took)
			if run > 0 || name == nothing {
				continue
			}
			work.Kind = "check"
			if _, err := work.Run(ctx, programs[duckdb]); err != nil {
				return "", err
			}
		}
	}
	return standings(options, results), nil
}

// prepare builds the programs, and makes the file of pages, unless the folder has it.
func (o options) prepare(ctx context.Context) (programs map[program]string, pages string, err error) {
	if programs, err = build(ctx, o.dir); err != nil {
		return nil, "", err
	}
	pages = filepath.Join(o.dir, fmt.Sprintf("pages-%d.ndjson", o.conversations))
	if _, err := os.Stat(pages); err == nil {
		return programs, pages, nil
	}
	making := process.Task{Kind: "pages", Out: pages, Conversations: o.conversations}
	_, err = making.Run(ctx, programs[self])
	return programs, pages, err
}

// standings prints medians, and their ratios to those of the yardstick: DuckDB
// with as many threads.
func standings(options options, results map[string][]process.Usage) string {
	var out table
	out.row("", "CPU s", "", "wall s", "", "peak MiB", "", "file MiB", "")
	for _, name := range options.names {
		mine, yard := medianOf(results[name]), process.Usage{}
		one, _ := find(name)
		if runs := results[fmt.Sprintf("duckdb-%d", one.workers)]; len(runs) > 0 {
			yard = medianOf(runs)
		}
		share := func(value, of int64) string {
			if of == 0 || name == nothing {
				return ""
			}
			return fmt.Sprintf("%.2f", float64(value)/float64(of))
		}
		out.row(name,
			seconds(mine.CPU), share(int64(mine.CPU), int64(yard.CPU)),
			seconds(mine.Wall), share(int64(mine.Wall), int64(yard.Wall)),
			mebibytes(mine.Peak), share(mine.Peak, yard.Peak),
			mebibytesOfFile(mine.Size), share(mine.Size, yard.Size))
	}
	return fmt.Sprintf("%s conversations, medians of %d; beside each figure its share of DuckDB's with as many threads.\n\n%s",
		count(options.conversations), options.runs, out)
}
