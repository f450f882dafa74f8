package engine_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/journal"
)

// closed is a destination that takes no file.
type closed struct{ exporter.Destination }

var errClosed = errors.New("closed")

func (closed) Create(context.Context, string, exporter.Version) (exporter.Upload, error) {
	return nil, errClosed
}

// What a failed apply promises is what the next plan finds. When a file was
// written, the next increment is another walk, which takes over nothing.
func TestAFailedApplyPromisesWhatTheNextOneTakesOver(t *testing.T) {
	for name, test := range map[string]struct {
		mode   string
		failed int // the export that cannot be written
		kept   bool
	}{
		"a snapshot, before the first file": {"snapshot", 0, true},
		"a snapshot, between two files":     {"snapshot", 1, true},
		"a merge, before the first file":    {"merge", 0, true},
		"a merge, between two files":        {"merge", 1, false},
		"an append, between two files":      {"append", 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 3, Conversations: 900})
			b.Workspace = journal.NewWorkspace(filepath.Join(t.TempDir(), "work"))
			places := []string{filepath.Join(b.dir, "a"), filepath.Join(b.dir, "b")}
			job := b.job(places...)
			for i := range job.Exports {
				job.Exports[i].Mode = test.mode
			}
			b.OpenDestination = func(location string) (exporter.Destination, error) {
				to, err := store.Open(location)
				if location == places[test.failed] {
					to = closed{to}
				}
				return to, err
			}
			_, summary, err := b.apply(t, job, engine.ApplyOptions{})
			if !errors.Is(err, errClosed) || (summary.Kept != nil) != test.kept {
				t.Fatalf("apply gave %v, kept %+v", err, summary.Kept)
			}
			b.OpenDestination = store.Open
			plan, next := b.mustApply(t, job)
			if kept := plan.Kept(); (kept != nil) != test.kept || test.kept && (kept.Pages != summary.Kept.Pages || kept.Pages < 9 || kept.Until.Before(kept.From)) {
				t.Errorf("the plan says %+v, the apply %+v", kept, summary.Kept)
			}
			if test.kept != (next.Proof.Resumed > 0) || test.kept && next.Proof.Resumed != summary.Kept.Pages {
				t.Errorf("%d pages were taken over", next.Proof.Resumed)
			}
			if plan.StartOver().Kept() != nil {
				t.Error("a plan that starts over goes on")
			}
		})
	}
}
