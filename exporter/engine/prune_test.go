package engine_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// prune plans and prunes, and returns the names of what is gone.
func (b *bench) prune(t *testing.T, location string, options engine.PruneOptions) (plan *engine.Pruning, removed []string) {
	t.Helper()
	plan, err := b.PlanPrune(t.Context(), location, options)
	if err != nil {
		t.Fatal(err)
	}
	if removed, err = plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range removed {
		removed[i] = filepath.Base(removed[i])
	}
	return plan, removed
}

// appends makes runs of an append, each of which adds a file; those in full read everything.
func appends(t *testing.T, b *bench, runs int, full ...int) exporter.Job {
	t.Helper()
	job := in(exporter.ModeAppend, b.job(b.dir))
	for run := range runs {
		b.team.Move(sim.Movement{Kind: sim.Jump, Position: 20 + run})
		if slices.Contains(full, run+1) {
			forced := job
			forced.Exports = slices.Clone(job.Exports)
			forced.Exports[0].FullEvery = time.Nanosecond
			b.mustApply(t, forced)
			continue
		}
		b.mustApply(t, job)
	}
	return job
}

func TestPruneKeepsWhatAnAppendRestsOn(t *testing.T) {
	for name, c := range map[string]struct {
		full    []int
		options engine.PruneOptions
		want    []string // removed
		reason  string
	}{
		"since the last full proof":           {[]int{4}, engine.PruneOptions{}, []string{"run-3.parquet", "run-2.parquet", "run-1.parquet"}, ""},
		"the first is the last full proof":    {nil, engine.PruneOptions{}, nil, ""},
		"as many as there are since":          {[]int{4}, engine.PruneOptions{Keep: 3}, []string{"run-3.parquet", "run-2.parquet", "run-1.parquet"}, ""},
		"fewer than there are since":          {[]int{4}, engine.PruneOptions{Keep: 1}, []string{"run-3.parquet", "run-2.parquet", "run-1.parquet"}, "so 3 are needed"},
		"more, which rest on earlier ones":    {[]int{4}, engine.PruneOptions{Keep: 4}, nil, "so 6 are needed"},
		"more, back to an earlier full proof": {[]int{3, 5}, engine.PruneOptions{Keep: 3}, []string{"run-2.parquet", "run-1.parquet"}, "so 4 are needed"},
		"the newest is the last full proof":   {[]int{6}, engine.PruneOptions{}, []string{"run-5.parquet", "run-4.parquet", "run-3.parquet", "run-2.parquet", "run-1.parquet"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 60})
			job := appends(t, b, 6, c.full...)
			location := b.dir
			if len(c.full)%2 == 1 {
				location = filepath.Join(b.dir, "inbox_conversations")
			}
			before := b.rowsAt(t, b.dir)
			plan, removed := b.prune(t, location, c.options)
			if !slices.Equal(removed, c.want) || len(plan.Tables) != 1 || !strings.Contains(plan.Tables[0].Reason, c.reason) || plan.Pending() != (len(c.want) > 0) {
				t.Errorf("removed %q, want %q; the plan: %+v", removed, c.want, plan.Tables)
			}
			if got := len(plan.Tables[0].Keep); got != 6-len(c.want) {
				t.Errorf("%d files stay", got)
			}
			b.mustVerifyEach(t, b.dir, 6-len(c.want))
			if after := b.rowsAt(t, b.dir); after != before {
				t.Errorf("%d rows are left of %d", after, before)
			}
			b.team.Move(sim.Movement{Kind: sim.Jump, Position: 30})
			if _, summary := b.mustApply(t, job); summary.Exports[0].Manifest.Previous == nil || summary.Exports[0].Manifest.Previous.RunID != "run-6" {
				t.Errorf("the next run goes on from %+v", summary.Exports[0].Manifest.Previous)
			}
		})
	}
}

// rowsAt counts the rows that readers of a location see.
func (b *bench) rowsAt(t *testing.T, location string) int64 {
	t.Helper()
	file, err := b.OpenFile(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	return file.Manifest().Rows
}

// A file that two runs added at the same time, and what it rests on, go together.
func TestPruneLeavesNoForkWithoutItsBase(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 60})
	job := appends(t, b, 2)
	second := filepath.Join(b.dir, "inbox_conversations", "run-2.parquet")
	if err := os.Rename(second, second+".away"); err != nil {
		t.Fatal(err)
	}
	appends(t, b, 1) // run-3 continues run-1, as run-2 does
	if err := os.Rename(second+".away", second); err != nil {
		t.Fatal(err)
	}
	appends(t, b, 1, 1) // run-4 is a full proof
	b.mustVerifyEach(t, b.dir, 4)
	_, removed := b.prune(t, b.dir, engine.PruneOptions{})
	slices.Sort(removed)
	if !slices.Equal(removed, []string{"run-1.parquet", "run-2.parquet", "run-3.parquet"}) {
		t.Errorf("removed %q", removed)
	}
	b.mustVerifyEach(t, b.dir, 1)
	b.mustApply(t, job)
}

func TestPruneOfVersionsMovesThePointerFirst(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 40})
	merge := in(exporter.ModeMerge, versioned(b.job(b.dir), 10))
	for range 5 {
		b.mustApply(t, merge)
	}
	if plan, removed := b.prune(t, b.dir, engine.PruneOptions{}); removed != nil || plan.Pending() {
		t.Errorf("removed %q, all of which are since the full proof", removed)
	}
	plan, err := b.PlanPrune(t.Context(), b.pointerFile(), engine.PruneOptions{Keep: 2})
	if err != nil {
		t.Fatal(err)
	}
	if one := plan.Tables[0]; len(one.Keep) != 2 || len(one.Remove) != 3 || one.Keep[0].RunID != "run-5" || one.Keep[0].Rows != 40 {
		t.Errorf("the plan: %+v", one)
	}
	b.holds(t, "inbox_conversations/run-1.parquet", "inbox_conversations/run-2.parquet", "inbox_conversations/run-3.parquet",
		"inbox_conversations/run-4.parquet", "inbox_conversations/run-5.parquet", "inbox_conversations.json")
	if _, err := plan.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.holds(t, "inbox_conversations/run-4.parquet", "inbox_conversations/run-5.parquet", "inbox_conversations.json")
	if pointer := b.pointer(t); len(pointer.Versions) != 2 || pointer.MovedBy != plan.RunID || pointer.Manifest.RunID != "run-5" {
		t.Errorf("the pointer: %+v", pointer)
	}
	b.mustVerifyEach(t, b.dir, 1)
	if _, err := plan.Apply(t.Context()); err == nil || !strings.Contains(err.Error(), "has changed since the plan") {
		t.Errorf("a plan that was applied already gave %v", err)
	}
	b.mustApply(t, merge)
}

func TestPruneOfOneFileIsRefused(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	b.mustApply(t, b.job(b.dir))
	for _, location := range []string{b.dir, b.file(), filepath.Join(t.TempDir(), "nothing")} {
		if _, err := b.PlanPrune(t.Context(), location, engine.PruneOptions{}); err == nil || exporter.Hint(err) == "" {
			t.Errorf("%s: got %v", location, err)
		}
	}
}

func TestShowDescribesEveryKindWithoutReadingRows(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 60})
	show := func(location string) (found []engine.Shown) {
		t.Helper()
		for one, err := range b.Show(t.Context(), location) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, one)
		}
		return found
	}
	b.mustApply(t, b.job(b.dir))
	b.clock = func() time.Time { return time.Now().Add(time.Hour) }
	for _, location := range []string{b.dir, b.file()} {
		found := show(location)
		if len(found) != 1 || found[0].Kind != engine.KindFile || found[0].Age < 3600 || found[0].Age > 3700 || found[0].FullProof == nil ||
			len(found[0].Files) != 1 || found[0].Files[0].Rows != 60 || found[0].Files[0].Bytes == 0 || found[0].Manifest.RunID != "run-1" {
			t.Errorf("%s: %+v", location, found)
		}
	}
	b.clock = time.Now
	b.mustApply(t, versioned(b.job(b.dir), 3))
	b.mustApply(t, versioned(b.job(b.dir), 3))
	if found := show(b.dir); len(found) != 1 || found[0].Kind != engine.KindVersioned || len(found[0].Files) != 2 ||
		found[0].Files[0].RunID != "run-3" || found[0].Location != filepath.ToSlash(b.pointerFile()) {
		t.Errorf("versions: %+v", found)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		t.Fatal(err)
	}
	appends(t, b, 3)
	if found := show(b.dir); len(found) != 1 || found[0].Kind != engine.KindAppend || len(found[0].Files) != 3 ||
		found[0].Files[0].RunID != "run-6" || found[0].FullProof.RunID != "run-4" || found[0].Manifest.RunID != "run-6" {
		t.Errorf("append: %+v", found)
	}
	for _, err := range b.Show(t.Context(), filepath.Join(b.dir, "nothing")) {
		if err == nil || exporter.Hint(err) == "" {
			t.Errorf("nothing there gave %v", err)
		}
	}
}
