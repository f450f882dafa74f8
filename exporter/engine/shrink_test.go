package engine_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/journal"
)

// remove deletes that many conversations of the team.
func (b *bench) remove(n int) {
	for range n {
		b.team.Move(sim.Movement{Kind: sim.Delete, Position: 0})
	}
}

func TestAnExportThatWouldLoseTooMuchIsStopped(t *testing.T) {
	share := func(of float64) *float64 { return &of }
	for _, test := range []struct {
		max           *float64
		deleted, most int
	}{
		{nil, 50, 50},
		{nil, 51, 50},
		{share(0.5), 51, 50},
		{share(0), 0, 0},
		{share(0), 1, 0},
		{share(0.29), 29, 29},
		{share(0.29), 30, 29},
		{share(0.999), 100, 99},
		{share(1), 100, 100},
	} {
		for _, mode := range []string{exporter.ModeSnapshot, exporter.ModeMerge} {
			name := fmt.Sprintf("%s, at most %d of 100, %d deleted", mode, test.most, test.deleted)
			t.Run(name, func(t *testing.T) {
				b := newBench(t, sim.Options{Users: 2, Conversations: 100})
				job := in(mode, b.job(b.dir))
				job.Exports[0].MaxShrink = test.max
				b.mustApply(t, job)
				b.remove(test.deleted)
				b.later(169 * time.Hour)
				before, err := os.ReadFile(b.file())
				if err != nil {
					t.Fatal(err)
				}
				plan, summary, err := b.apply(t, job, engine.ApplyOptions{})
				after, readErr := os.ReadFile(b.file())
				if readErr != nil {
					t.Fatal(readErr)
				}
				stopped := test.deleted > test.most
				if stopped != errors.Is(err, engine.ErrShrunk) || !stopped && err != nil || stopped == (summary.Done() > 0) {
					t.Errorf("the error is %v; %d done", err, summary.Done())
				}
				if stopped != slices.Equal(before, after) || stopped && (exporter.Hint(err) == "" || !summary.Proof.Complete) {
					t.Errorf("the file is untouched: %v; the hint: %q", slices.Equal(before, after), exporter.Hint(err))
				}
				if guard := plan.Exports[0].Shrink; (guard == nil) != (test.most == 100) || guard != nil && guard.LeastRows != int64(100-test.most) {
					t.Errorf("the plan says %+v", guard)
				}
				if _, summary, err = b.apply(t, job, engine.ApplyOptions{AllowShrink: true}); err != nil || summary.Exports[0].Manifest.Rows != int64(100-test.deleted) {
					t.Errorf("allowed: %v, %+v", err, summary)
				}
				b.mustVerify(t, b.dir)
			})
		}
	}
}

func TestThePlanExpectsAShrinkWhereTheTotalsShowIt(t *testing.T) {
	b := newBench(t, sim.Options{Users: 1, Conversations: 100})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	b.remove(51)
	plan, summary := b.mustApply(t, job) // an increment removes nothing
	if guard := plan.Exports[0].Shrink; guard.Expected || len(plan.Warnings()) > 0 || summary.Exports[0].Manifest.Rows != 100 {
		t.Errorf("an increment: %+v, %v", guard, plan.Warnings())
	}
	b.later(169 * time.Hour)
	plan, _, err := b.apply(t, job, engine.ApplyOptions{})
	if guard := plan.Exports[0].Shrink; !guard.Expected || len(plan.Warnings()) != 1 || !errors.Is(err, engine.ErrShrunk) {
		t.Errorf("a full walk: %+v, %v, %v", guard, plan.Warnings(), err)
	}
}

// A merge knows which conversations go: new ones do not make up for them.
func TestAMergeIsStoppedByWhatItRemoves(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 100})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	b.remove(60)
	for range 60 {
		b.team.Move(sim.Movement{Kind: sim.Insert})
	}
	b.later(169 * time.Hour)
	work := filepath.Join(t.TempDir(), "work")
	b.Workspace = journal.NewWorkspace(work)
	if _, _, err := b.apply(t, job, engine.ApplyOptions{}); !errors.Is(err, engine.ErrShrunk) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(work); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the work folder is left behind: %v", err)
	}
	if got := b.mustVerify(t, b.dir).Manifest; got.RunID != "run-1" {
		t.Errorf("the file is now of %s", got.RunID)
	}
	_, summary, err := b.apply(t, job, engine.ApplyOptions{AllowShrink: true})
	if err != nil || summary.Exports[0].Manifest.Changes.Removed != 60 {
		t.Errorf("allowed: %v, %+v", err, summary)
	}
}

func TestOneExportThatWouldLoseTooMuchStopsAllBeforeAnyIsWritten(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 100})
	other := filepath.Join(t.TempDir(), "other")
	b.mustApply(t, b.job(other))
	b.remove(60)
	if _, _, err := b.apply(t, b.job(b.dir, other), engine.ApplyOptions{}); !errors.Is(err, engine.ErrShrunk) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(b.file()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the first export was written: %v", err)
	}
}

func TestAnUnprovenWalkThatIsAllowedDoesNotAllowAShrink(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 100})
	b.mustApply(t, b.job(b.dir))
	b.remove(60)
	b.wrap = func(source exporter.Source) exporter.Source { return doubtful{source} }
	if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{AllowIncomplete: true}); !errors.Is(err, engine.ErrShrunk) {
		t.Errorf("the error is %v", err)
	}
	if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{AllowIncomplete: true, AllowShrink: true}); err != nil {
		t.Error(err)
	}
}

// The apply after a guard has stopped one sees for itself what is there.
func TestAStoppedExportLeavesNoJournal(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 100})
	work := filepath.Join(t.TempDir(), "work")
	b.Workspace = journal.NewWorkspace(work)
	b.mustApply(t, b.job(b.dir))
	b.remove(60)
	if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{}); !errors.Is(err, engine.ErrShrunk) {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(work); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the work folder is left behind: %v", err)
	}
	for range 60 {
		b.team.Move(sim.Movement{Kind: sim.Insert})
	}
	if _, summary := b.mustApply(t, b.job(b.dir)); summary.Proof.Resumed > 0 || summary.Exports[0].Manifest.Rows != 100 {
		t.Errorf("%d pages were taken over, %d rows", summary.Proof.Resumed, summary.Exports[0].Manifest.Rows)
	}
}
