package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
)

// counted is a destination that knows which files were opened.
type counted struct {
	exporter.Destination
	opened *[]string
}

// Open implements exporter.Destination.
func (c counted) Open(ctx context.Context, name string) (exporter.Object, error) {
	*c.opened = append(*c.opened, name)
	return c.Destination.Open(ctx, name)
}

// lineage is an append of lists with runs that a test names.
type lineage struct {
	*bench
	lists  *lists
	job    exporter.Job
	opened []string
	moved  int
}

func newLineage(t *testing.T, runs ...string) *lineage {
	t.Helper()
	l := &lineage{bench: newBench(t, sim.Options{Users: 1, Conversations: sim.None}), lists: newLists(60)}
	l.lists.serve(l.bench)
	l.job = in(exporter.ModeAppend, l.bench.job(l.dir))
	l.OpenDestination = func(location string) (exporter.Destination, error) {
		inner, err := store.Open(location)
		return counted{inner, &l.opened}, err
	}
	l.NewRunID = func() string {
		next := runs[0]
		runs = runs[1:]
		return next
	}
	return l
}

// move has so many conversations move an hour later than the ones before, and
// applies: the run adds these and no more.
func (l *lineage) move(t *testing.T, n int) engine.Plan {
	t.Helper()
	for range n {
		l.moved++
		l.lists.put(fmt.Sprintf("ibx_%03d", 10+l.moved), start().Add(time.Duration(l.moved)*time.Hour))
	}
	l.opened = nil
	plan, summary := l.mustApply(t, l.job)
	if len(summary.Exports) != 1 || summary.Exports[0].Manifest.Rows != int64(n) {
		t.Errorf("a run after %d movements: %+v", n, summary.Exports)
	}
	l.lists.check(t, l.moved, l.view(t))
	return plan
}

func TestAnAppendReadsOneManifestAndNoEarlierFile(t *testing.T) {
	l := newLineage(t, "run-01", "run-02", "run-03", "run-04", "run-05")
	l.mustApply(t, l.job)
	for round := range 3 {
		l.move(t, 15)
		// The plan looks, and the apply once more when it has the lock.
		want := fmt.Sprintf("inbox_conversations/run-%02d.parquet", round+1)
		if !slices.Equal(l.opened, []string{want, want}) {
			t.Errorf("opened %q", l.opened)
		}
	}
	l.opened = nil
	if _, summary := l.mustApply(t, l.job); len(summary.NothingNew) != 1 || len(l.opened) != 2 {
		t.Errorf("an append of nothing opened %q: %+v", l.opened, summary.Exports)
	}
}

func TestAClockThatWasAheadRepeatsNothing(t *testing.T) {
	l := newLineage(t, "run-01", "run-02", "run-91", "run-92", "run-03", "run-04", "run-05")
	l.mustApply(t, l.job)
	for round := range 6 {
		plan := l.move(t, 4)
		want := []string{"run-01", "run-02", "run-91", "run-92", "run-03", "run-04"}[round]
		if !strings.HasSuffix(plan.Exports[0].CurrentFile, want+".parquet") || plan.Exports[0].Current.RunID != want {
			t.Errorf("goes on from %s, want %s", plan.Exports[0].CurrentFile, want)
		}
		if len(l.opened) > 6 {
			t.Errorf("opened %q", l.opened)
		}
	}
	l.once(t)
}

func (l *lineage) remove(t *testing.T, run string) {
	t.Helper()
	if err := os.Remove(l.path(run)); err != nil {
		t.Fatal(err)
	}
}

func (l *lineage) path(run string) string {
	return filepath.Join(l.dir, "inbox_conversations", run+".parquet")
}

func TestRemovedFilesDoNotHideTheNewest(t *testing.T) {
	for name, gone := range map[string][]string{
		"the oldest":              {"run-01", "run-02"},
		"one in the middle":       {"run-91"},
		"all but the newest":      {"run-01", "run-02", "run-91", "run-04"},
		"the one before":          {"run-04"},
		"the one before and more": {"run-04", "run-01"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLineage(t, "run-01", "run-02", "run-91", "run-04", "run-03", "run-06")
			l.mustApply(t, l.job)
			for range 4 {
				l.move(t, 3)
			}
			for _, run := range gone {
				l.remove(t, run)
			}
			l.moved++
			l.lists.put("ibx_050", start().Add(1000*time.Hour))
			plan, summary := l.mustApply(t, l.job)
			if plan.Exports[0].Current.RunID != "run-03" || summary.Exports[0].Manifest.Rows != 1 || len(plan.Exports[0].OtherEnds) > 0 {
				t.Errorf("goes on from %s (other ends: %q), and adds %d rows", plan.Exports[0].Current.RunID, plan.Exports[0].OtherEnds, summary.Exports[0].Manifest.Rows)
			}
		})
	}
}

// Object stores have no locks: two runs may add a file each, from the same one on.
func TestALineageThatForksGoesOn(t *testing.T) {
	l := newLineage(t, "run-01", "run-02", "run-03", "run-04", "run-05")
	l.mustApply(t, l.job)
	l.move(t, 3)
	aside := filepath.Join(t.TempDir(), "aside")
	if err := os.Rename(l.path("run-02"), aside); err != nil {
		t.Fatal(err)
	}
	l.lists.put("ibx_070", start().Add(2000*time.Hour))
	l.mustApply(t, l.job) // run-03, beside run-01
	if err := os.Rename(aside, l.path("run-02")); err != nil {
		t.Fatal(err)
	}
	l.lists.put("ibx_071", start().Add(2001*time.Hour))
	plan, summary := l.mustApply(t, l.job)
	if ends := plan.Exports[0].OtherEnds; len(ends) != 1 || !strings.HasSuffix(ends[0], "run-02.parquet") || plan.Exports[0].Current.RunID != "run-03" {
		t.Errorf("goes on from %s, other ends %q", plan.Exports[0].Current.RunID, ends)
	}
	if rows := summary.Exports[0].Manifest.Rows; rows != 1 {
		t.Errorf("%d rows for one conversation", rows)
	}
	l.lists.check(t, 0, l.view(t))
	plan, _ = l.mustApply(t, l.job)
	if current := plan.Exports[0].Current; current.RunID != "run-04" || current.Sequence != 3 || len(plan.Exports[0].OtherEnds) > 0 {
		t.Errorf("then goes on from %s, other ends %q", plan.Exports[0].Current.RunID, plan.Exports[0].OtherEnds)
	}
}

func TestAForeignFileBesideAnAppendIsPassedOver(t *testing.T) {
	l := newLineage(t, "run-01", "run-02", "run-03")
	l.mustApply(t, l.job)
	if err := os.WriteFile(l.path("a-note"), []byte("notes"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.lists.put("ibx_071", start().Add(time.Hour))
	if plan, _ := l.mustApply(t, l.job); plan.Exports[0].Current.RunID != "run-01" {
		t.Errorf("goes on from %s", plan.Exports[0].Current.RunID)
	}
}

// What only the files tell cannot be decided where one of them cannot be read.
func TestAnEarlierFileThatCannotBeReadIsNamed(t *testing.T) {
	l := newLineage(t, "run-01", "run-02", "run-03")
	l.mustApply(t, l.job)
	l.move(t, 3)
	if err := os.WriteFile(l.path("run-01"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.lists.widened["usr_a"] = true
	l.lists.put("ibx_900", start().Add(-1000*time.Hour))
	_, _, err := l.apply(t, l.job, engine.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "run-01.parquet") || !strings.Contains(exporter.Hint(err), "Make the file readable") {
		t.Errorf("the error is %v (%s)", err, exporter.Hint(err))
	}
}
