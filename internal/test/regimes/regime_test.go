package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestRegimesAreWellFormed(t *testing.T) {
	names := map[string]bool{}
	for _, r := range regimes() {
		if r.name == "" || r.about == "" || names[r.name] {
			t.Errorf("regime %q: no name, no description, or twice", r.name)
		}
		names[r.name] = true
		for seed := range uint64(20) {
			team := r.team(seed)
			rows := float64(team.conversations)
			if team.users > 1 {
				rows *= perUser
			}
			pages := rows / float64(team.page)
			if team.users < max(1, r.users) || team.users > 3 || team.page < 10 || team.page > 100 || pages > 41 ||
				r.pages == 0 && (team.conversations < 300 || team.conversations > 1000 || pages < 3) {
				t.Errorf("%s, seed %d: %+v", r.name, seed, team)
			}
			if _, err := sim.New(r.options(team, time.Now)); err != nil {
				t.Errorf("%s, seed %d: %v", r.name, seed, err)
			}
		}
	}
}

func TestChoose(t *testing.T) {
	good := settings{seeds: 1, parallel: 1, length: 1, timeout: time.Second}
	for rule, test := range map[string]struct {
		change func(*settings)
		err    string
	}{
		"two regimes":          {func(s *settings) { s.only = []string{"lie", "quiet"} }, ""},
		"an unknown one":       {func(s *settings) { s.only = []string{"quite"} }, `no regime is called "quite"`},
		"one of increments":    {func(s *settings) { s.only = []string{"late-10m"} }, "no regime"},
		"nothing is to be run": {func(s *settings) { s.seeds = 0 }, "1 or more"},
	} {
		t.Run(rule, func(t *testing.T) {
			s := good
			test.change(&s)
			chosen, err := choose(s)
			switch {
			case test.err == "" && (err != nil || len(chosen) != 2 || chosen[0].name != "lie"):
				t.Errorf("%v, %v", chosen, err)
			case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
				t.Errorf("%v", err)
			}
		})
	}
	good.increments = true
	chosen, err := choose(good)
	if err != nil || len(chosen) < 10 {
		t.Errorf("%d regimes for increments, %v", len(chosen), err)
	}
}

func TestALineSumsRuns(t *testing.T) {
	var out bytes.Buffer
	to := printer{settings{reasons: true}, &out}
	to.head()
	outcomes := []outcome{
		{Regime: "x", Mode: "snapshot", Seed: 2, Verdict: claimed, Requests: 30, Quiet: 20, Seconds: 3, errata: errata{Missing: 2, Stale: 1}},
		{Regime: "x", Mode: "snapshot", Seed: 1, Verdict: claimed, Requests: 20, Quiet: 20, Seconds: 2},
		{Regime: "x", Mode: "snapshot", Seed: 3, Verdict: unproven, Reason: "it moves", Requests: 40, Quiet: 20, Seconds: 4},
		{Regime: "x", Mode: "snapshot", Seed: 4, Verdict: failed, Reason: "not done after 1m0s", Requests: 900, Quiet: 20, Seconds: 60},
	}
	to.line(outcomes)
	to.why(outcomes)
	const want = `
regime                  mode      runs claims wrong missing unseen doubled stale unproven errors requests  ratio      s
x                       snapshot     4      2     1       2      0       0     1        1      1      990   1.50    4.0

1 ×  x  error: not done after NmNs
1 ×  x  unproven: it moves
1 ×  x  wrong: snapshot, seed 2: {Missing:2 Unseen:0 Doubled:0 Stale:1}
`
	if got := "\n" + out.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAStandEndsWithTheFirstError(t *testing.T) {
	s := &stand{settings: settings{parallel: 4}}
	jobs := make([]job, 100)
	for i := range jobs {
		jobs[i] = job{regime{name: "x"}, team{seed: uint64(i)}}
	}
	done := 0
	limited, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := s.all(limited, jobs, func(ctx context.Context, j job) ([]outcome, error) {
		switch {
		case j.team.seed == 3:
			return nil, errors.New("broken")
		case j.team.seed > 3: // as long as nobody ends it
			<-ctx.Done()
		}
		return make([]outcome, 1), ctx.Err()
	}, func(_ job, outcomes []outcome) { done += len(outcomes) })
	if err == nil || err.Error() != "x, seed 3: broken" || done > 3 || limited.Err() != nil {
		t.Errorf("%v after %d runs; %v", err, done, limited.Err())
	}
	done = 0
	err = s.all(t.Context(), jobs, func(context.Context, job) ([]outcome, error) { return make([]outcome, 1), nil },
		func(_ job, outcomes []outcome) { done += len(outcomes) })
	if err != nil || done != len(jobs) {
		t.Errorf("%v after %d of %d runs", err, done, len(jobs))
	}
}
