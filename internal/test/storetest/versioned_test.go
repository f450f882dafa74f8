package storetest

import (
	"errors"
	"flag"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

var versions = flag.Int("versions", 5, "how many versions come and go under a reader")

// applyVersion is apply with the layout of immutable versions.
func applyVersion(t *testing.T, runner *engine.Engine, place, mode string, keep int, obs observer) (engine.Summary, error) {
	t.Helper()
	return applyExport(t, runner, exporter.Export{
		Table: "inbox_conversations", Destination: place, Format: "parquet", Mode: mode, FullEvery: time.Hour,
		Layout: exporter.LayoutVersioned, Keep: keep, Parquet: exporter.ParquetOptions{Compression: "zstd"},
	}, obs)
}

// onlyVersions checks that a folder holds the pointer, the versions of these runs, and
// nothing else, and that the pointer leads to the first of them.
func onlyVersions(t *testing.T, s *server, runner *engine.Engine, folder string, runs ...string) {
	t.Helper()
	want := []string{folder + "/inbox_conversations.json"}
	for _, run := range runs {
		want = append(want, folder+"/inbox_conversations/"+run+".parquet")
	}
	keys, err := s.list(t.Context(), folder)
	slices.Sort(keys)
	slices.Sort(want)
	if err != nil || !slices.Equal(keys, want) {
		t.Errorf("the bucket holds %q, not %q (%v)", keys, want, err)
	}
	for found, err := range runner.VerifyEach(t.Context(), s.at(s.direct, folder)) {
		if err != nil {
			t.Fatal(err)
		}
		if !found.OK() || found.Manifest.RunID != runs[0] || found.Pointer == "" {
			t.Errorf("run %s is there, not %s: %+v", found.Manifest.RunID, runs[0], found.Checks)
		}
	}
}

// Runs that all wrote their files before any of them moved the pointer: one moves it, the
// others name it, and their files are gone.
func TestOfEightRunsOneMovesThePointer(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder, options := folder(), quick(t)
		options.Idle = 30 * time.Second
		location, runner := s.at(s.direct, folder), newEngine(t, options)
		for _, what := range []string{"a new pointer", "a pointer that moves"} {
			before, _ := s.list(t.Context(), folder)
			var group, ready sync.WaitGroup
			ready.Add(racers)
			ended, won := make([]error, racers), make([]string, racers)
			for i := range racers {
				group.Go(func() {
					var once sync.Once
					arrive := func() { once.Do(ready.Done) }
					defer arrive() // also after an error, so that nobody waits for ever
					summary, err := applyVersion(t, runner, location, exporter.ModeMerge, 1, func(phase exporter.Phase) {
						if phase == exporter.PhaseCommit {
							arrive()
							ready.Wait()
						}
					})
					ended[i], won[i] = err, summary.RunID
				})
			}
			group.Wait()
			winner := slices.IndexFunc(ended, func(err error) bool { return err == nil })
			if winner < 0 {
				t.Fatalf("%s: nobody won: %v", what, errors.Join(ended...))
			}
			for i, err := range ended {
				if i != winner && (!errors.Is(err, exporter.ErrConflict) || !strings.Contains(err.Error(), won[winner]) || exporter.Hint(err) == "") {
					t.Errorf("%s: run %s, which came after %s, was told %v", what, won[i], won[winner], err)
				}
			}
			onlyVersions(t, s, runner, folder, won[winner])
			t.Logf("%s: %d objects before; one of %d runs won, the files of the others are gone", what, len(before), racers)
		}
	})
}

// Readers of a bucket have no lock either. They follow the pointer while versions come and
// go, and find each time a whole file.
func TestReadersOfABucketFollowThePointer(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder, options := folder(), quick(t)
		options.Idle = 30 * time.Second
		location, runner := s.at(s.direct, folder), newEngine(t, options)
		if _, err := applyVersion(t, runner, location, exporter.ModeMerge, 3, func(exporter.Phase) {}); err != nil {
			t.Fatal(err)
		}
		var stopped atomic.Bool
		var group sync.WaitGroup
		seen, reads := make(map[string]bool), 0
		group.Go(func() {
			for !stopped.Load() {
				file, err := runner.OpenFile(t.Context(), location)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				rows := int64(0)
				for rec, err := range file.Records(t.Context()) {
					if err != nil {
						t.Errorf("read: %v", err)
						break
					}
					rows += rec.NumRows()
				}
				if rows != file.Manifest().Rows {
					t.Errorf("%d rows of %d", rows, file.Manifest().Rows)
				}
				seen[file.Manifest().RunID], reads = true, reads+1
				if err := file.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		var last []string
		for range *versions - 1 {
			summary, err := applyVersion(t, runner, location, exporter.ModeMerge, 3, func(exporter.Phase) {})
			if err != nil {
				t.Error(err)
				break
			}
			last = append([]string{summary.RunID}, last...)
		}
		stopped.Store(true)
		group.Wait()
		if len(seen) < 3 {
			t.Errorf("the reader saw %d versions only: the test does not test", len(seen))
		}
		t.Logf("%d reads of %d versions", reads, len(seen))
		if len(last) > 3 {
			onlyVersions(t, s, runner, folder, last[:3]...)
		}
		pruning, err := runner.PlanPrune(t.Context(), location, engine.PruneOptions{Keep: 1})
		if err != nil {
			t.Fatal(err)
		}
		if removed, err := pruning.Apply(t.Context()); err != nil || len(removed) != 2 {
			t.Errorf("pruned %q (%v)", removed, err)
		}
		onlyVersions(t, s, runner, folder, last[0])
	})
}

// Credentials that may not remove objects: the run is committed, and says what is left.
func TestAVersionThatCannotBeRemovedIsTold(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder, options := folder(), quick(t)
		front := refusing(t, s.direct, "DELETE")
		location, runner := s.at(front, folder), newEngine(t, options)
		var runs []string
		for i := range 3 {
			summary, err := applyVersion(t, runner, location, exporter.ModeSnapshot, 1, func(exporter.Phase) {})
			if err != nil {
				t.Fatal(err)
			}
			runs = append([]string{summary.RunID}, runs...)
			if told := summary.Exports[0].NotRemoved != ""; told != (i > 0) || summary.Exports[0].Removed != nil {
				t.Errorf("run %d: %+v", i, summary.Exports[0])
			}
		}
		onlyVersions(t, s, runner, folder, runs...)
		summary, err := applyVersion(t, runner, s.at(s.direct, folder), exporter.ModeSnapshot, 1, func(exporter.Phase) {})
		if err != nil || len(summary.Exports[0].Removed) != 3 {
			t.Fatalf("removed %+v (%v)", summary.Exports, err)
		}
		onlyVersions(t, s, runner, folder, summary.RunID)
	})
}
