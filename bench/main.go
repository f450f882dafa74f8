// Bench measures lemexport beside its peers, and prints the tables of
// docs/performance.md. It is a module of its own: DuckDB needs cgo.
//
//	go -C bench run . -conversations 1000000
//
// converts a team's pages of JSON into Parquet with lemexport, with its peers, and
// with the whole engine, and compares CPU, wall time, peak memory and file size.
//
//	go -C bench run . -merge -conversations 1000000 -changes 10000
//
// merges changes into an export, and compares that with writing it anew.
//
//	go -C bench run . -live -conversations 30000
//
// builds the program, lets it export a simulated team at the rate limit of the
// API, and starts it many times.
//
//	go -C bench run . -pace -conversations 12000
//
// lets it export teams of 1, 2 and 5 users from 50 ms to 1 s away over HTTP, in real
// time, and compares the time from the first request to the last with the least.
//
//	go -C bench run . -teams 50 -parallel 50 -conversations 30000
//
// lets it export many simulated teams by one configuration, each at the rate limit
// of its key.
//
//	go -C bench run . -growth 1000000 -plot ../docs/growth.svg
//
// exports simulated teams of 1,000 conversations, of ten times as many, and so on, without
// a rate limit, and verifies, reports and merges each.
//
// Contestants run in turn, as often as -runs says, each in a process of its own.
// The process that starts them does nothing itself, not even the pages.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/lemexport/lemexport/bench/process"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if text, ok := process.Asked(os.Args); ok {
		exitOn(process.Perform(ctx, text, works()))
		return
	}
	var options options
	flag.IntVar(&options.conversations, "conversations", 100_000, "an inbox of `N` conversations, in pages of 100")
	flag.IntVar(&options.runs, "runs", 5, "run every contestant `N` times")
	flag.StringVar(&options.dir, "dir", "", "keep pages and results in `DIR` (default: a temporary folder)")
	only := flag.String("only", "", "convert with these contestants only: `NAMES` separated by commas")
	merge := flag.Bool("merge", false, "measure a merge")
	flag.IntVar(&options.changes, "changes", 10_000, "with -merge: merge `N` changed conversations")
	flag.IntVar(&options.workers, "workers", 1, "with -merge: use `N` cores")
	live := flag.Bool("live", false, "measure the program at the rate limit of the API, and its start")
	pace := flag.Bool("pace", false, "measure how the program uses the rate limit of the API, by latency")
	flag.DurationVar(&options.jitter, "jitter", 0, "with -pace: add up to this `TIME` to each latency")
	flag.StringVar(&options.program, "program", "", "with -pace: measure this `FILE` instead of building the program")
	flag.IntVar(&options.teams, "teams", 0, "measure the program on `N` teams of up to -conversations")
	flag.IntVar(&options.parallel, "parallel", 16, "with -teams: export `N` teams at once")
	flag.IntVar(&options.growth, "growth", 0, "measure how the cost grows from 1,000 to `N` conversations")
	flag.StringVar(&options.plot, "plot", "", "with -growth: write a plot to the SVG `FILE`")
	flag.Parse()
	options.names = names()
	if *only != "" {
		wanted := strings.Split(*only, ",")
		options.names = slices.DeleteFunc(options.names, func(name string) bool { return !slices.Contains(wanted, name) })
	}
	measure := contest
	switch {
	case *merge:
		measure = mergeContest
	case *live:
		measure = liveRun
	case *pace:
		measure = paceRun
	case options.teams > 0:
		measure = teamsRun
	case options.growth > 0:
		measure = growthRun
	}
	exitOn(options.inFolder(ctx, measure))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options say what is measured.
type options struct {
	conversations, changes, workers, runs int
	teams, parallel                       int
	growth                                int
	dir, program, plot                    string
	jitter                                time.Duration
	names                                 []string
}

// inFolder runs a command with a folder for its files, and prints its table.
func (o options) inFolder(ctx context.Context, command func(context.Context, options) (string, error)) (err error) {
	if o.conversations < 1 || o.runs < 1 || o.workers < 1 {
		return fmt.Errorf("%d conversations, %d workers and %d runs are not enough for a comparison", o.conversations, o.workers, o.runs)
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "lemexport-bench-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(o.dir) }()
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return err
	}
	printed, err := command(ctx, o)
	if err != nil {
		return err
	}
	fmt.Print(printed)
	return nil
}
