package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// row is a line of the table: the runs of one regime in one mode.
type row struct {
	Regime string `json:"regime"`
	Mode   string `json:"mode"`
	Runs   int    `json:"runs"`
	Claims int    `json:"claims"`
	Wrong  int    `json:"wrong_claims"`
	errata
	Unproven int `json:"unproven"`
	Errors   int `json:"errors"`
	Requests int `json:"requests"`
	// Ratio is Requests by those of quiet walks of the same teams, of all runs that
	// came to an end; 0 when there are none.
	Ratio  float64 `json:"ratio,omitempty"`
	Median float64 `json:"median_seconds"`
}

// sum makes a line of outcomes. Errors of conversations count in claims only: a run
// that claims nothing has replaced nothing.
func sum(outcomes []outcome) row {
	line := row{Regime: outcomes[0].Regime, Mode: outcomes[0].Mode, Runs: len(outcomes)}
	var seconds []float64
	compared, quiet := 0, 0
	for _, o := range outcomes {
		switch o.Verdict {
		case claimed:
			line.Claims++
			if o.wrong() {
				line.Wrong++
			}
			line.Missing += o.Missing
			line.Unseen += o.Unseen
			line.Doubled += o.Doubled
			line.Stale += o.Stale
		case unproven:
			line.Unproven++
		default:
			line.Errors++
		}
		line.Requests += o.Requests
		if o.Quiet > 0 && o.Verdict != failed {
			compared += o.Requests
			quiet += o.Quiet
		}
		seconds = append(seconds, o.Seconds)
	}
	if quiet > 0 {
		line.Ratio = float64(compared) / float64(quiet)
	}
	slices.Sort(seconds)
	line.Median = seconds[len(seconds)/2]
	return line
}

// printer writes lines as they come.
type printer struct {
	settings
	out io.Writer
}

func (p printer) head() {
	if !p.json {
		_, _ = fmt.Fprintf(p.out, "%-24s%-9s%5s%7s%6s%8s%7s%8s%6s%9s%7s%9s%7s%7s\n", "regime", "mode", "runs", "claims", "wrong",
			"missing", "unseen", "doubled", "stale", "unproven", "errors", "requests", "ratio", "s")
	}
}

func (p printer) line(outcomes []outcome) {
	slices.SortStableFunc(outcomes, func(a, b outcome) int { return cmp.Compare(a.Seed, b.Seed) })
	line := sum(outcomes)
	if p.json {
		encoder := json.NewEncoder(p.out)
		for _, o := range outcomes {
			_ = encoder.Encode(o) // standard output
		}
		_ = encoder.Encode(line)
		return
	}
	ratio := "-"
	if line.Ratio > 0 {
		ratio = strconv.FormatFloat(line.Ratio, 'f', 2, 64)
	}
	_, _ = fmt.Fprintf(p.out, "%-24s%-9s%5d%7d%6d%8d%7d%8d%6d%9d%7d%9d%7s%7.1f\n", line.Regime, line.Mode, line.Runs, line.Claims, line.Wrong,
		line.Missing, line.Unseen, line.Doubled, line.Stale, line.Unproven, line.Errors, line.Requests, ratio, line.Median)
}

// why writes the reasons of runs that proved nothing, failed or claimed too much.
// Reasons that differ in their numbers are one.
func (p printer) why(outcomes []outcome) {
	if !p.reasons || p.json {
		return
	}
	counts := map[string]int{}
	numbers := regexp.MustCompile(`[0-9]+`)
	for _, o := range outcomes {
		switch {
		case o.Verdict != claimed:
			counts[fmt.Sprintf("%s\t%s: %s", o.Regime, o.Verdict, numbers.ReplaceAllString(o.Reason, "N"))]++
		case o.wrong():
			counts[fmt.Sprintf("%s\twrong: %s, seed %d: %+v", o.Regime, o.Mode, o.Seed, o.errata)]++
		}
	}
	table := tabwriter.NewWriter(p.out, 0, 8, 2, ' ', 0)
	_, _ = fmt.Fprintln(table)
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		_, _ = fmt.Fprintf(table, "%d ×\t%s\n", counts[reason], reason)
	}
	_ = table.Flush() // standard output
}

// snapshots runs every regime with every seed and prints the table. Quiet walks of the
// same teams come first: the others are measured by them.
func (s *stand) snapshots(ctx context.Context, chosen []regime) error {
	var jobs, baselines []job
	for _, r := range chosen {
		for i := range s.seeds {
			j := job{r, r.team(s.seed + uint64(i))}
			jobs = append(jobs, j)
			quiet := job{regime{name: atRest}, j.team}
			if !slices.ContainsFunc(baselines, func(b job) bool { return b.team == quiet.team }) {
				baselines = append(baselines, quiet)
			}
		}
	}
	quiet := map[team]int{}
	began := time.Now()
	run := s.snapshot
	if s.loop {
		run = s.snapshotByLoop
	}
	var calm []outcome
	err := s.all(ctx, baselines, run, func(j job, outcomes []outcome) {
		quiet[j.team] = outcomes[0].Requests
		calm = append(calm, outcomes...)
	})
	if err != nil {
		return err
	}
	to := printer{s.settings, s.out}
	to.head()
	pending := map[string][]outcome{}
	var every []outcome
	printed := 0
	err = s.all(ctx, jobs, run, func(j job, outcomes []outcome) {
		for i := range outcomes {
			outcomes[i].Quiet = quiet[j.team]
		}
		pending[j.regime.name] = append(pending[j.regime.name], outcomes...)
		for printed < len(chosen) && len(pending[chosen[printed].name]) == s.seeds {
			to.line(pending[chosen[printed].name])
			every = append(every, pending[chosen[printed].name]...)
			printed++
		}
	})
	to.why(every)
	fmt.Fprintf(os.Stderr, "%d runs in %s\n", len(baselines)+len(every), time.Since(began).Round(time.Second))
	if err != nil || s.loop {
		return err
	}
	return faults(chosen, append(calm, every...))
}
