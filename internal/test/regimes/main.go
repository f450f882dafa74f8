// Regimes runs the program against simulated teams whose API misbehaves in every
// way that the walk has to cover or notice, and compares what it exported with what
// was there.
//
//	go run ./internal/test/regimes -seeds 25
//
// prints a row for each regime: how often an export claimed to be complete, how
// often that was wrong, and what it cost beside a walk of the same team at rest.
//
//	go run ./internal/test/regimes -increments -seeds 5
//
// does the same with twelve increments in a row.
//
//	go run ./internal/test/regimes -loop -only quiet,jumps-0.1,deletions-0.1
//
// shows what a plain loop over the pages loses, for comparison.
//
// The exit status is 1 when a claim was wrong in a regime other than the consistent
// lie, when a team at rest was not proven, and when the command itself failed. A plain loop is only shown.
//
// Every run has a server of its own on loopback, a folder of its own, and an end
// (-timeout). Most of a run is waiting for the rate limit, so that many run at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	binary     string
	only       []string
	seeds      int
	seed       uint64
	parallel   int
	timeout    time.Duration
	grace      time.Duration
	json       bool
	list       bool
	reasons    bool
	increments bool
	length     int
	loop       bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parse()); err != nil {
		fmt.Fprintln(os.Stderr, "regimes:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func parse() settings {
	var s settings
	flag.StringVar(&s.binary, "binary", "", "run the program at `PATH` (default: build it)")
	only := flag.String("only", "", "run these regimes only: `NAMES` separated by commas")
	flag.IntVar(&s.seeds, "seeds", 25, "run every regime with `N` teams")
	flag.Uint64Var(&s.seed, "seed", 1, "make the first team from this `NUMBER`, the others from those after it")
	flag.IntVar(&s.parallel, "parallel", 16, "run `N` at a time")
	flag.DurationVar(&s.timeout, "timeout", 60*time.Second, "end an apply after `TIME`; it counts as an error")
	flag.DurationVar(&s.grace, "grace", 0, "do not ask of an export what changed within `TIME` before the last request of a list; a regime's own grace comes on top")
	flag.BoolVar(&s.json, "json", false, "print a JSON object for every run and every row")
	flag.BoolVar(&s.list, "list", false, "list the regimes and end")
	flag.BoolVar(&s.reasons, "reasons", false, "print below the table why runs were unproven, wrong or failed")
	flag.BoolVar(&s.increments, "increments", false, "run increments in a row, merge and append, in the regimes that have some")
	flag.IntVar(&s.length, "length", 12, "with -increments: run `N` in a row, the first of them in full")
	flag.BoolVar(&s.loop, "loop", false, "read with a plain loop over the pages, as scripts do, in place of the program")
	flag.Parse()
	if *only != "" {
		s.only = strings.Split(*only, ",")
	}
	return s
}

// run does what the settings say.
func run(ctx context.Context, s settings) (err error) {
	chosen, err := choose(s)
	if err != nil {
		return err
	}
	if s.list {
		for _, r := range chosen {
			fmt.Printf("%-22s %s\n", r.name, r.about)
		}
		return nil
	}
	folder, err := os.MkdirTemp("", "regimes-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if s.binary == "" {
		if s.binary, err = build(ctx, folder); err != nil {
			return err
		}
	}
	stand := &stand{settings: s, folder: folder, out: os.Stdout}
	if s.increments {
		return stand.increments(ctx, chosen)
	}
	return stand.snapshots(ctx, chosen)
}

// choose returns the regimes that the settings name.
func choose(s settings) ([]regime, error) {
	all := regimes()
	all = slices.DeleteFunc(all, func(r regime) bool {
		return s.increments && !r.increments || !s.increments && r.beyond
	})
	switch {
	case s.seeds < 1 || s.parallel < 1 || s.length < 1 || s.timeout <= 0:
		return nil, errors.New("-seeds, -parallel, -length and -timeout take 1 or more")
	case s.loop && s.increments:
		return nil, errors.New("a plain loop makes no increments: give -loop or -increments")
	case s.only == nil:
		return all, nil
	}
	var chosen []regime
	for _, name := range s.only {
		at := slices.IndexFunc(all, func(r regime) bool { return r.name == name })
		if at < 0 {
			return nil, fmt.Errorf("no regime is called %q: -list names them", name)
		}
		chosen = append(chosen, all[at])
	}
	return chosen, nil
}
