package main

import (
	"bytes"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// The real program, in a regime in which it must be right, and in one in which nobody
// can be.
func TestTheProgramIsJudged(t *testing.T) {
	s := &stand{settings: settings{length: 4, timeout: time.Minute}, folder: t.TempDir()}
	binary, err := build(t.Context(), s.folder)
	if err != nil {
		t.Fatal(err)
	}
	s.binary = binary
	small := func(name string) job {
		all := regimes()
		r := all[slices.IndexFunc(all, func(r regime) bool { return r.name == name })]
		change := r.change
		r.change = func(o *sim.Options) {
			if change != nil {
				change(o)
			}
			o.Unlimited, o.Latency, o.Jitter = true, 0, 0
		}
		return job{r, team{seed: 1, users: 2, conversations: 120, page: 20}}
	}
	t.Run("a quiet team", func(t *testing.T) {
		got, err := s.snapshot(t.Context(), small("quiet"))
		if err != nil || got[0].Verdict != claimed || got[0].wrong() || got[0].Requests < 9 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a consistent lie", func(t *testing.T) {
		got, err := s.snapshot(t.Context(), small("lie"))
		if err != nil || got[0].Verdict != claimed || got[0].Missing < 20 {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a plain loop", func(t *testing.T) {
		quiet, err := s.snapshotByLoop(t.Context(), small("quiet"))
		if err != nil || quiet[0].Verdict != claimed || quiet[0].wrong() || quiet[0].Requests < 9 {
			t.Errorf("%+v, %v", quiet, err)
		}
		moving, err := s.snapshotByLoop(t.Context(), small("deletions-1"))
		if err != nil || moving[0].Verdict != claimed || moving[0].Missing == 0 {
			t.Errorf("it loses nothing: %+v, %v", moving, err)
		}
	})
	t.Run("a program that takes too long", func(t *testing.T) {
		hasty := &stand{settings: s.settings, folder: t.TempDir()}
		hasty.timeout = time.Millisecond
		got, err := hasty.snapshot(t.Context(), small("quiet"))
		if err != nil || got[0].Verdict != failed || got[0].Reason != "not done after 1ms" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a wrong claim is an error, but in a consistent lie", func(t *testing.T) {
		var table bytes.Buffer
		told := &stand{settings: s.settings, folder: t.TempDir(), out: &table}
		told.seeds, told.parallel = 1, 1
		lie := small("lie").regime
		if err := told.snapshots(t.Context(), []regime{lie}); err != nil {
			t.Error(err)
		}
		lie.silent = false
		err := told.snapshots(t.Context(), []regime{lie})
		if err == nil || !strings.Contains(err.Error(), "a wrong claim in lie, snapshot, seed 0: {Missing:") || strings.Count(table.String(), "\nlie ") != 2 {
			t.Errorf("%v\n%s", err, &table)
		}
	})
	for _, mode := range []string{"merge", "append"} {
		t.Run("increments: "+mode, func(t *testing.T) {
			got, err := s.chain(t.Context(), small("moving-0.3"), mode)
			wrong := slices.ContainsFunc(got, func(o outcome) bool { return o.Verdict != claimed || o.wrong() })
			if err != nil || len(got) != s.length || wrong {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestDriftWaitsForTheIncrements(t *testing.T) {
	var begun atomic.Bool
	drift := onlyWhen(&begun, sim.Drift{Jumps: 1, Inserts: 1}, 1)
	if got := drift.Script(1); got != nil {
		t.Errorf("%v before", got)
	}
	begun.Store(true)
	if got := drift.Script(2); len(got) != 2 || got[0].Kind == got[1].Kind {
		t.Errorf("%v after", got)
	}
}
