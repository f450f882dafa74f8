package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync/atomic"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

const (
	// pause passes on the clock of the data between two of them.
	pause = 20 * time.Minute
	// moves happen in a pause: some of them right after a run, the others evenly.
	moves, atOnce = 18, 6
)

// calendar is the clock of a team's data. It begins in the past and catches up, so
// that a pause between two runs takes no time here.
type calendar struct{ behind atomic.Int64 }

func newCalendar(pauses int) *calendar {
	var c calendar
	c.behind.Store(int64(pauses) * int64(pause))
	return &c
}

func (c *calendar) now() time.Time { return time.Now().Add(-time.Duration(c.behind.Load())) }

func (c *calendar) pass(d time.Duration) { c.behind.Add(-int64(d)) }

// increments runs the chains of every regime with every seed and prints the table.
func (s *stand) increments(ctx context.Context, chosen []regime) error {
	to := printer{s.settings, s.out}
	to.head()
	var every []outcome
	for _, mode := range []string{"merge", "append"} {
		var jobs []job
		for _, r := range chosen {
			for i := range s.seeds {
				jobs = append(jobs, job{r, r.team(s.seed + uint64(i))})
			}
		}
		one := func(ctx context.Context, j job) ([]outcome, error) { return s.chain(ctx, j, mode) }
		pending, done, printed := map[string][]outcome{}, map[string]int{}, 0
		err := s.all(ctx, jobs, one, func(j job, outcomes []outcome) {
			name := j.regime.name
			pending[name] = append(pending[name], outcomes...)
			done[name]++
			for printed < len(chosen) && done[chosen[printed].name] == s.seeds {
				to.line(pending[chosen[printed].name])
				every = append(every, pending[chosen[printed].name]...)
				printed++
			}
		})
		if err != nil {
			return err
		}
	}
	to.why(every)
	return faults(chosen, every)
}

// chain makes the runs of one team, one after the other, and judges each.
func (s *stand) chain(ctx context.Context, j job, mode string) (_ []outcome, err error) {
	folder, key, err := s.room()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	clock := newCalendar(s.length)
	o := j.regime.options(j.team, clock.now)
	o.Key = key
	var begun atomic.Bool // the increments
	if j.regime.beyond {
		o.Drift = onlyWhen(&begun, o.Drift, j.team.seed)
	}
	server, err := serve(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.running.Close()) }()
	place, err := newWorkplace(folder, s.settings, server.running.URL(), key, mode)
	if err != nil {
		return nil, err
	}
	var outcomes []outcome
	dice := rand.New(rand.NewPCG(j.team.seed, 1))
	for n := range s.length {
		earlier := 0
		if n > 0 {
			begun.Store(true)
			rest(server.Server, clock, dice)
			earlier = mark(ctx, server.Server)
			clock.pass(settled)
		}
		before := len(server.Calls())
		got, err := place.apply(ctx)
		if err != nil {
			return nil, err
		}
		calls := server.Calls()[before:]
		result := s.outcome(j, mode, got, len(calls))
		if result.Verdict == claimed {
			rows, err := readExport(ctx, folder, mode)
			if err != nil {
				return nil, err
			}
			result.errata = judge(rows, server.Ever(), observe(calls, j.regime.grace+s.grace, earlier), mode == "append")
		}
		outcomes = append(outcomes, result)
	}
	return outcomes, nil
}

// onlyWhen is drift that waits for begun.
func onlyWhen(begun *atomic.Bool, drift sim.Drift, seed uint64) sim.Drift {
	dice := rand.New(rand.NewPCG(seed, 2))
	kinds, rates := []sim.Kind{sim.Jump, sim.Insert, sim.Delete}, []float64{drift.Jumps, drift.Inserts, drift.Deletes}
	return sim.Drift{Script: func(int) []sim.Movement {
		if !begun.Load() {
			return nil
		}
		var movements []sim.Movement
		for i, rate := range rates {
			if dice.Float64() < rate {
				movements = append(movements, sim.Movement{Kind: kinds[i], Position: dice.IntN(1 << 30)})
			}
		}
		return movements
	}}
}

// rest lets a pause pass, in which conversations move.
func rest(server *sim.Server, clock *calendar, dice *rand.Rand) {
	kinds := []sim.Kind{sim.Jump, sim.Jump, sim.Jump, sim.Jump, sim.Jump, sim.Jump, sim.Insert, sim.Insert, sim.Delete}
	for n := range moves {
		if n >= atOnce {
			clock.pass(pause / (moves - atOnce))
		}
		server.Move(sim.Movement{Kind: kinds[n%len(kinds)], Position: dice.IntN(1 << 30)})
	}
}

// settled is longer than any grace: what moved in a pause shows on every replica.
const settled = 5 * time.Second

// mark reads a page, so that what moves later has a later step, and returns its step.
func mark(ctx context.Context, server *sim.Server) int {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/inbox?userId="+server.UserIDs()[0], http.NoBody)
	request.SetBasicAuth("", server.Key())
	server.ServeHTTP(httptest.NewRecorder(), request)
	calls := server.Calls()
	return calls[len(calls)-1].Step
}
