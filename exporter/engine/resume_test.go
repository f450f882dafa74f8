package engine_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/journal"
)

// interrupt begins an apply and ends it after its second page.
func (b *bench) interrupt(t *testing.T, job exporter.Job) {
	t.Helper()
	b.cut(t, job, 2, 0)
}

func TestOnlyTheSameWalkIsContinued(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*bench, *exporter.Job)
		options engine.ApplyOptions
		resumed bool
	}{
		"the same configuration": {resumed: true},
		"users named one by one": {change: func(b *bench, job *exporter.Job) { job.Source.Users = b.team.UserIDs() }},
		"another version":        {change: func(b *bench, _ *exporter.Job) { b.Tool.Version = "next" }},
		"when told to start over": {
			options: engine.ApplyOptions{NoResume: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 3, Conversations: 900})
			work := filepath.Join(t.TempDir(), "work")
			b.Workspace = journal.NewWorkspace(work)
			job := b.job(b.dir)
			b.interrupt(t, job)
			if test.change != nil {
				test.change(b, &job)
			}
			_, summary, err := b.apply(t, job, test.options)
			if err != nil {
				t.Fatal(err)
			}
			if (summary.Proof.Resumed > 0) != test.resumed {
				t.Errorf("%d pages were taken over", summary.Proof.Resumed)
			}
			manifest := b.mustVerify(t, b.dir).Manifest
			if resumed := summary.Proof.ResumedFrom; resumed != nil && manifest.Window.StartedAt.After(*resumed) {
				t.Errorf("the window begins at %v, the reading began at %v", manifest.Window.StartedAt, resumed)
			}
			if _, err := os.Stat(work); test.change == nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the work folder is left behind: %v", err)
			}
		})
	}
}

// A journal holds a walk since its marks: it lacks what a full walk, or one since
// other marks, has to read.
func TestAWalkSinceOtherMarksIsNotContinued(t *testing.T) {
	for name, test := range map[string]struct {
		between func(*testing.T, *bench)
		resumed bool
	}{
		"the same marks": {func(*testing.T, *bench) {}, true},
		"none, since a full proof is due": {func(_ *testing.T, b *bench) {
			b.later(169 * time.Hour)
		}, false},
		"newer ones, of a run in between": {func(t *testing.T, b *bench) {
			work := b.Workspace
			b.Workspace = nil
			b.mustApply(t, in(exporter.ModeMerge, b.job(b.dir)))
			b.Workspace = work
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 3, Conversations: 900})
			job := in(exporter.ModeMerge, b.job(b.dir))
			b.mustApply(t, job)
			b.churn(400, 1, sim.Jump)
			b.Workspace = journal.NewWorkspace(filepath.Join(t.TempDir(), "work"))
			b.interrupt(t, job)
			test.between(t, b)
			_, summary := b.mustApply(t, job)
			if (summary.Proof.Resumed > 0) != test.resumed {
				t.Errorf("%d pages were taken over", summary.Proof.Resumed)
			}
			if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
				t.Errorf("conversations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnExportIsMadeWithoutAJournalWhereNoneCanBeKept(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 50})
	inTheWay := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.Workspace = journal.NewWorkspace(filepath.Join(inTheWay, "work"))
	var told heard
	run, err := b.Start(t.Context(), b.job(b.dir), &told)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Apply(t.Context(), plan, engine.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	if told.notResumable != 1 {
		t.Errorf("told %+v", told)
	}
	b.mustVerify(t, b.dir)
}
