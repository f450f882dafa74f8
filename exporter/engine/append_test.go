package engine_test

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/folder"
)

func TestAppendAddsWhatIsNewer(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 500, Seed: 2})
	b.sortableIDs()
	job := in(exporter.ModeAppend, b.job(b.dir))
	b.mustApply(t, job)
	for round := range uint64(5) {
		files := len(b.files(t))
		plan, quiet := b.mustApply(t, job)
		if len(quiet.Exports) != 0 || len(quiet.NothingNew) != 1 || len(b.files(t)) != files || plan.Pending() {
			t.Errorf("nothing has moved, and there is a file: %+v", quiet)
		}
		b.churn(10, round, sim.Jump, sim.Insert)
		plan, summary := b.mustApply(t, job)
		m := summary.Exports[0].Manifest
		if !strings.HasSuffix(summary.Exports[0].File, "out/inbox_conversations/"+m.RunID+".parquet") || plan.Exports[0].Action != engine.ActionAppend {
			t.Errorf("the file is %s, the plan %+v", summary.Exports[0].File, plan.Exports[0])
		}
		moved := make(map[string]bool)
		for _, event := range b.team.Events()[10*round:] {
			moved[event.ID] = true
		}
		if m.Rows != int64(len(moved)) || m.FullProof.RunID != "run-001" {
			t.Errorf("%d rows for %d conversations that moved; %+v", m.Rows, len(moved), m.FullProof)
		}
		if diff := gocmp.Diff(b.truth(), b.view(t)); diff != "" {
			t.Fatal(diff)
		}
	}
	b.churn(3, 99, sim.Delete)
	b.later(169 * time.Hour)
	_, full := b.mustApply(t, job)
	if m := full.Exports[0].Manifest; m.FullProof.RunID != m.RunID || m.Rows != int64(len(b.truth())) {
		t.Errorf("a full proof with %d rows: %+v", m.Rows, m.FullProof)
	}
	for _, location := range []string{b.dir, filepath.Join(b.dir, "inbox_conversations")} {
		count := 0
		for verified, err := range b.VerifyEach(t.Context(), location) {
			if err != nil || !verified.OK() {
				t.Fatalf("%v: %+v", err, verified.Checks)
			}
			count++
		}
		if count != 7 {
			t.Errorf("%d files verified in %s", count, location)
		}
	}
}

// Rows of one time may come before and after a walk that saw that time.
func TestAppendTakesWhatIsAsOldAsTheWatermark(t *testing.T) {
	b := newBench(t, sim.Options{Users: 1, Conversations: 50, Drift: sim.Drift{Resolution: time.Second}})
	b.sortableIDs()
	job := in(exporter.ModeAppend, b.job(b.dir))
	b.mustApply(t, job)
	same := 0
	for range 20 {
		b.team.Move(sim.Movement{Kind: sim.Jump, Position: 30})
		_, summary := b.mustApply(t, job)
		if diff := gocmp.Diff(b.truth(), b.view(t)); diff != "" {
			t.Fatal(diff)
		}
		user := summary.Proof.Partitions[0]
		if user.Since.Equal(*user.Watermark) {
			same++
		}
		if rows := summary.Exports[0].Manifest.Rows; rows != 1 {
			t.Errorf("%d rows for one movement", rows)
		}
	}
	if same == 0 {
		t.Error("no row came with the time of the watermark")
	}
}

func TestEveryExportTakesWhatItNeeds(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 500, Seed: 2, LimitMax: 10})
	b.sortableIDs()
	places := []string{b.dir, filepath.Join(t.TempDir(), "merged"), filepath.Join(t.TempDir(), "whole")}
	job := b.job(places...)
	job.Exports[0].Mode, job.Exports[1].Mode = exporter.ModeAppend, exporter.ModeMerge
	alone := job
	alone.Exports = slices.Clone(job.Exports[:1])
	b.mustApply(t, job)
	b.churn(20, 1, sim.Jump, sim.Insert)
	b.mustApply(t, alone) // the append is ahead of the others now
	b.churn(20, 2, sim.Jump, sim.Delete)
	_, summary := b.mustApply(t, job)
	if removed := summary.Exports[1].Manifest.Changes.Removed; removed == 0 {
		t.Error("the merge does not use that everything was read")
	}
	if m := summary.Exports[0].Manifest; m.Rows > 20 || m.FullProof.RunID != "run-001" {
		t.Errorf("the append took %d rows", m.Rows)
	}
	truth := b.truth()
	view := b.view(t)
	maps.DeleteFunc(view, func(id string, _ time.Time) bool { _, alive := truth[id]; return !alive })
	for name, got := range map[string]map[string]time.Time{
		"append": view, "merge": idsOf(t, summary.Exports[1].File), "snapshot": idsOf(t, summary.Exports[2].File),
	} {
		if diff := gocmp.Diff(truth, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// An append and a merge that have come to different places share an increment.
	two := job
	two.Exports = slices.Clone(job.Exports[:2])
	b.churn(45, 3, sim.Jump)
	b.mustApply(t, alone)
	b.churn(45, 4, sim.Jump)
	_, summary = b.mustApply(t, two)
	if summary.Proof.Requests > 40 {
		t.Errorf("%d requests", summary.Proof.Requests)
	}
	if diff := gocmp.Diff(truth, idsOf(t, summary.Exports[1].File)); diff == "" {
		t.Error("the merge saw nothing move")
	}
	if diff := gocmp.Diff(b.truth(), idsOf(t, summary.Exports[1].File)); diff != "" {
		t.Error(diff)
	}
}

func TestTwoAppendsAtOnce(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	job := in(exporter.ModeAppend, b.job(b.dir))
	b.mustApply(t, job)
	b.churn(3, 1, sim.Jump)
	unlock, err := folder.New(b.dir).Lock(t.Context(), "run-other")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.apply(t, job, engine.ApplyOptions{}); !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run-other") {
		t.Errorf("the error is %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if got := b.files(t); len(got) != 1 {
		t.Errorf("the folder holds %q", got)
	}
	b.mustApply(t, job)
}
