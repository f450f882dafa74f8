package engine_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/folder"
	"github.com/lemexport/lemexport/schema"
)

// doubtful is a source whose walk cannot be proven.
type doubtful struct{ exporter.Source }

func (d doubtful) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	return doubtfulWalk{d.Source.Walk(ctx, table, since, journal)}
}

type doubtfulWalk struct{ exporter.Walk }

func (d doubtfulWalk) Proof() exporter.Proof {
	proof := d.Walk.Proof()
	proof.Complete = false
	proof.Reasons = []string{"the list moved"}
	return proof
}

func TestAnIncompleteWalkIsNotCommittedUnlessAllowed(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 150})
	b.mustApply(t, b.job(b.dir))
	before, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	b.wrap = func(source exporter.Source) exporter.Source { return doubtful{source} }
	_, summary, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{})
	if !errors.Is(err, exporter.ErrIncomplete) || !strings.Contains(err.Error(), "the list moved") || exporter.Hint(err) == "" {
		t.Errorf("the error is %v (%s)", err, exporter.Hint(err))
	}
	if summary.Proof.Complete || len(summary.Exports) != 0 {
		t.Errorf("the summary: %+v", summary)
	}
	after, err := os.ReadFile(b.file())
	if err != nil || !slices.Equal(before, after) {
		t.Errorf("the destination was touched (%v)", err)
	}
	if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{AllowIncomplete: true}); err != nil {
		t.Fatal(err)
	}
	if proof := b.mustVerify(t, b.dir).Manifest.Proof; proof.Complete || len(proof.Reasons) == 0 {
		t.Errorf("the committed file does not say that it is incomplete: %+v", proof)
	}
}

func TestAFileThatIsNotOursIsNotReplaced(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.file(), []byte("notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{}); err == nil || exporter.Hint(err) == "" {
		t.Errorf("the error is %v (%s)", err, exporter.Hint(err))
	}
	if got, err := os.ReadFile(b.file()); err != nil || string(got) != "notes" {
		t.Errorf("the file holds %q (%v)", got, err)
	}
}

// renamed is the same team under another name, or for real.
type renamed struct {
	exporter.Source
	change func(*exporter.Survey)
}

func (r renamed) Survey(ctx context.Context, tables []*schema.Table) (exporter.Survey, error) {
	survey, err := r.Source.Survey(ctx, tables)
	r.change(&survey)
	return survey, err
}

func TestAnotherTeamsExportIsNotReplaced(t *testing.T) {
	for name, change := range map[string]func(*exporter.Survey){
		"another team":            func(s *exporter.Survey) { s.TeamID = "tea_another" },
		"real data by simulation": func(s *exporter.Survey) { s.Simulated = false },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 20})
			b.mustApply(t, b.job(b.dir))
			b.wrap = func(source exporter.Source) exporter.Source { return renamed{source, change} }
			if _, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "simulated") {
				t.Errorf("the error is %v", err)
			}
			if got := b.mustVerify(t, b.dir).Manifest; got.RunID != "run-1" {
				t.Errorf("the file is now of %s", got.RunID)
			}
		})
	}
}

func TestAPlanThatIsOldIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		before bool // there is a file when the plan is made
		change func(*testing.T, *bench)
		want   string
	}{
		"the file is new":            {false, func(t *testing.T, b *bench) { b.mustApply(t, b.job(b.dir)) }, "run-2"},
		"the file is of another run": {true, func(t *testing.T, b *bench) { b.mustApply(t, b.job(b.dir)) }, "run-3"},
		"the file is gone": {true, func(t *testing.T, b *bench) {
			if err := os.Remove(b.file()); err != nil {
				t.Fatal(err)
			}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 20})
			if test.before {
				b.mustApply(t, b.job(b.dir))
			}
			run, err := b.Start(t.Context(), b.job(b.dir), exporter.Unobserved{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = run.Close() }()
			plan, err := run.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, b)
			if _, err := run.Apply(t.Context(), plan, engine.ApplyOptions{}); err == nil || !strings.Contains(err.Error(), "changed since the plan") {
				t.Errorf("the error is %v", err)
			}
			if test.want == "" {
				if _, err := os.Stat(b.file()); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("the file is there again: %v", err)
				}
			} else if got := b.mustVerify(t, b.dir).Manifest; got.RunID != test.want {
				t.Errorf("the file is of %s, want %s", got.RunID, test.want)
			}
		})
	}
}

func TestABusyDestinationNamesTheOtherRun(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	unlock, err := folder.New(b.dir).Lock(t.Context(), "run-other")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unlock() }()
	_, _, err = b.apply(t, b.job(b.dir), engine.ApplyOptions{})
	if !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run-other") {
		t.Errorf("the error is %v", err)
	}
}

// atPhase calls a function when a phase begins.
type atPhase struct {
	phase exporter.Phase
	do    func()
}

// Observe implements exporter.Observer.
func (a atPhase) Observe(event exporter.Event) {
	if started, ok := event.(exporter.PhaseStarted); ok && started.Phase == a.phase {
		a.do()
	}
}

// A commit that comes too late names the winner once.
func TestALateCommitNamesTheOtherRun(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	other := t.TempDir()
	b.mustApply(t, b.job(other)) // run-1
	for what, put := range map[string]struct {
		bytes func() ([]byte, error)
		want  string
	}{
		"an export": {func() ([]byte, error) { return os.ReadFile(filepath.Join(other, "inbox_conversations.parquet")) }, ": run run-1"},
		"text":      {func() ([]byte, error) { return []byte("notes"), nil }, " (the file that is there now cannot be read: not a lemexport file: "},
	} {
		t.Run(what, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			run, err := b.Start(t.Context(), b.job(dir), atPhase{exporter.PhaseCommit, func() {
				body, err := put.bytes()
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "inbox_conversations.parquet"), body, 0o600)
				}
				if err != nil {
					t.Error(err)
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = run.Close() }()
			plan, err := run.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = run.Apply(t.Context(), plan, engine.ApplyOptions{})
			want := "write " + filepath.ToSlash(dir) + "/inbox_conversations.parquet: another run has written the destination in the meantime" + put.want
			if !errors.Is(err, exporter.ErrConflict) || !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), "run-") > 1 || exporter.Hint(err) == "" {
				t.Errorf("the error is %v, want %q", err, want)
			}
		})
	}
}

func TestACancelledRunLeavesTheDestinationAsItWas(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 500})
	b.mustApply(t, b.job(b.dir))
	b.interrupt(t, b.job(b.dir))
	if got := b.mustVerify(t, b.dir).Manifest; got.RunID != "run-1" {
		t.Errorf("the file is now of %s", got.RunID)
	}
	entries, err := os.ReadDir(b.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v)", entries, err)
	}
}
