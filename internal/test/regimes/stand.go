package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// stand runs the program in regimes, some at a time.
type stand struct {
	settings
	folder  string
	out     io.Writer // of the tables
	counter atomic.Int64
}

// verdict is how a run ended.
type verdict string

const (
	claimed  verdict = "claim"    // status 0, proof.complete
	unproven verdict = "unproven" // status 3
	failed   verdict = "error"    // any other status, or not done in time
)

// outcome is one run.
type outcome struct {
	Regime   string  `json:"regime"`
	Mode     string  `json:"mode"`
	Seed     uint64  `json:"seed"`
	Verdict  verdict `json:"verdict"`
	Reason   string  `json:"reason,omitempty"`
	Requests int     `json:"requests"`
	Quiet    int     `json:"quiet_requests,omitempty"`
	Seconds  float64 `json:"seconds"`
	errata
}

// job is one run that is still to be made.
type job struct {
	regime regime
	team   team
}

// all makes the runs of jobs and gives each to done, which is called one at a time.
// The first error ends the others.
func (s *stand) all(parent context.Context, jobs []job, one func(context.Context, job) ([]outcome, error), done func(job, []outcome)) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	waiting := make(chan job)
	var workers sync.WaitGroup
	var mu sync.Mutex
	var first error
	for range min(s.parallel, len(jobs)) {
		workers.Go(func() {
			for j := range waiting {
				outcomes, err := one(ctx, j)
				mu.Lock()
				switch {
				case err == nil:
					done(j, outcomes)
				case first == nil:
					first = fmt.Errorf("%s, seed %d: %w", j.regime.name, j.team.seed, err)
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	for _, j := range jobs {
		select {
		case waiting <- j:
		case <-ctx.Done():
		}
	}
	close(waiting)
	workers.Wait()
	if first == nil {
		first = parent.Err()
	}
	return first
}

// api is a simulated API that listens.
type api struct {
	*sim.Server
	running *sim.Running
}

func serve(ctx context.Context, o sim.Options) (api, error) {
	server, err := sim.New(o)
	if err != nil {
		return api{}, err
	}
	running, err := server.Start(ctx, "")
	return api{server, running}, err
}

// room makes a folder of its own for a run.
func (s *stand) room() (folder, key string, err error) {
	n := s.counter.Add(1)
	folder = filepath.Join(s.folder, fmt.Sprintf("run-%d", n))
	return folder, fmt.Sprintf("%032x", n), os.MkdirAll(folder, 0o700)
}

// snapshot makes one run of a snapshot.
func (s *stand) snapshot(ctx context.Context, j job) (_ []outcome, err error) {
	folder, key, err := s.room()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o := j.regime.options(j.team, time.Now)
	o.Key = key
	server, err := serve(ctx, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.running.Close()) }()
	place, err := newWorkplace(folder, s.settings, server.running.URL(), key, "snapshot")
	if err != nil {
		return nil, err
	}
	if j.regime.twice {
		if err := s.before(ctx, j, place, server.running.URL()); err != nil {
			return nil, err
		}
	}
	got, err := place.apply(ctx)
	if err != nil {
		return nil, err
	}
	result := s.outcome(j, "snapshot", got, server.Stats().Requests)
	if result.Verdict != claimed {
		return []outcome{result}, nil
	}
	rows, err := readExport(ctx, folder, "snapshot")
	if err != nil {
		return nil, err
	}
	result.errata = judge(rows, server.Ever(), observe(server.Calls(), j.regime.grace+s.grace, 0), false)
	return []outcome{result}, nil
}

// before exports the team as it is without the regime.
func (s *stand) before(ctx context.Context, j job, place workplace, endpoint string) (err error) {
	o := j.team.quiet(time.Now)
	o.Key, o.Unlimited = place.key, true
	server, err := serve(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.running.Close()) }()
	if err := place.configure(server.running.URL(), "snapshot"); err != nil {
		return err
	}
	if got, err := place.apply(ctx); err != nil || got.status != 0 {
		return fmt.Errorf("the export before the regime: status %d, %s: %w", got.status, got.reason, err)
	}
	return place.configure(endpoint, "snapshot")
}

func (s *stand) outcome(j job, mode string, got applied, requests int) outcome {
	result := outcome{Regime: j.regime.name, Mode: mode, Seed: j.team.seed, Verdict: failed, Reason: got.reason, Requests: requests, Seconds: got.seconds}
	switch {
	case got.status == 0 && got.complete:
		result.Verdict = claimed
	case got.status == 3:
		result.Verdict = unproven
	}
	return result
}
