// Bench converts a team's pages of JSON into Parquet with lemexport and with its
// peers, in turn, several times, and prints the ratios of CPU, wall time, peak
// memory and file size. It is a module of its own: its peers need cgo.
//
//	go run . -conversations 1000000 -runs 5
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
)

func main() {
	if len(os.Args) == 5 && os.Args[1] == contestWord {
		exitOn(contest(os.Args[2], os.Args[3], os.Args[4]))
		return
	}
	var options options
	flag.IntVar(&options.conversations, "conversations", 100_000, "convert `N` conversations, in pages of 100")
	flag.IntVar(&options.runs, "runs", 5, "run every contestant `N` times")
	flag.StringVar(&options.dir, "dir", "", "keep pages and results in `DIR` (default: a temporary folder)")
	only := flag.String("only", "", "run only these contestants: `NAMES` separated by commas")
	flag.Parse()
	options.names = names()
	if *only != "" {
		options.names = slices.DeleteFunc(options.names, func(name string) bool { return !slices.Contains(strings.Split(*only, ","), name) })
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exitOn(compare(ctx, options))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options say what is measured.
type options struct {
	conversations, runs int
	dir                 string
	names               []string
}

// compare makes the pages, runs the contest and prints its table.
func compare(ctx context.Context, options options) error {
	dir := options.dir
	if dir == "" {
		made, err := os.MkdirTemp("", "lemexport-bench-")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(made) }()
		dir = made
	}
	pages := filepath.Join(dir, fmt.Sprintf("pages-%d.ndjson", options.conversations))
	if err := makePages(ctx, pages, options.conversations); err != nil {
		return err
	}
	results := make(map[string][]result)
	for run := range options.runs {
		for _, name := range options.names {
			one, err := measure(ctx, name, pages, filepath.Join(dir, name+".parquet"))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			fmt.Fprintf(os.Stderr, "run %d of %d: %-22s %s\n", run+1, options.runs, name, one)
			results[name] = append(results[name], one)
		}
	}
	fmt.Print(table(options, results))
	return check(ctx, options, dir)
}
