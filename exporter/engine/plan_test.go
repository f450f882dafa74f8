package engine_test

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/schema"
)

// stating is a source whose first pages state other totals.
type stating struct {
	exporter.Source
	total, pages int64
}

func (s stating) Survey(ctx context.Context, tables []*schema.Table) (exporter.Survey, error) {
	survey, err := s.Source.Survey(ctx, tables)
	for i := range survey.OfUsers().Partitions {
		survey.OfUsers().Partitions[i].TotalItems, survey.OfUsers().Partitions[i].Pages = new(s.total), new(s.pages)
	}
	return survey, err
}

func TestATotalThatCannotBeIsNotCountedOn(t *testing.T) {
	for total, counted := range map[int64]bool{
		300: true, 1e7: true, // with three users
		5e7: false, 1e9: false, 1e18: false, math.MaxInt64: false, -1: false, math.MinInt64: false,
	} {
		b := newBench(t, sim.Options{Users: 3, Conversations: 30})
		b.wrap = func(source exporter.Source) exporter.Source {
			return stating{source, total, total/100 + 1}
		}
		disk := &crowded{Scratch: scratch.New(t.TempDir())}
		b.Scratch = disk
		plan, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{})
		if counted {
			if plan.Conversations == nil || *plan.Conversations != 3*total || plan.Requests == nil || plan.LeastTime == nil || *plan.LeastTime <= 0 && total > 1e4 {
				t.Errorf("%d: plan %+v", total, plan)
			}
			if disk.asked != 100*3*total {
				t.Errorf("%d: room for %d bytes", total, disk.asked)
			}
			continue
		}
		if plan.Conversations != nil || plan.Requests != nil || plan.LeastTime != nil {
			t.Errorf("%d: plan %+v", total, plan)
		}
		if disk.asked != 0 || err != nil {
			t.Errorf("%d: room for %d bytes, error %v", total, disk.asked, err)
		}
	}
}

// unwritable is a destination that cannot be written.
type unwritable struct{ exporter.Destination }

func (unwritable) CheckWritable() error {
	return exporter.WithHint(errors.New("read-only"), "Choose another destination.")
}

func TestADestinationThatCannotBeWrittenIsAWarningOfThePlan(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 30})
	open := b.OpenDestination
	b.OpenDestination = func(location string) (exporter.Destination, error) {
		to, err := open(location)
		return unwritable{to}, err
	}
	plan, _, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	found := plan.Warnings()
	if len(found) != 1 || !strings.HasSuffix(found[0].Summary, "inbox_conversations.parquet cannot be written") || found[0].Detail != "Apply would fail: read-only. Choose another destination." {
		t.Errorf("%+v", found)
	}
}

// A table is read once, as far as the export that needs most.
func TestAMergeBesideASnapshotIsPlannedAsItRuns(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 300})
	job := in(exporter.ModeMerge, b.job(b.dir))
	snapshot := b.job(t.TempDir()).Exports[0]
	snapshot.Mode = exporter.ModeSnapshot
	b.mustApply(t, job)
	alone, _ := b.mustApply(t, job)
	job.Exports = append(job.Exports, snapshot)
	beside, summary := b.mustApply(t, job)
	if alone.Exports[0].Increment.ReadsAll() || !alone.Exports[0].Unchanged {
		t.Errorf("alone: %+v", alone.Exports[0].Increment)
	}
	increment := beside.Exports[0].Increment
	if !increment.FullWalk || increment.Full != "" || beside.Exports[0].Unchanged {
		t.Errorf("beside: %+v", increment)
	}
	if proof := summary.Exports[0].Manifest.FullProof; proof == nil || proof.RunID != summary.RunID {
		t.Errorf("it was read in full, and the proof is %+v", proof)
	}
}

func TestAFileThatEveryUserCanReadIsAWarningOfThePlan(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no permissions there")
	}
	for name, test := range map[string]struct {
		fileMode, mode string
		perm           os.FileMode
		want           string
	}{
		"open":            {"", exporter.ModeSnapshot, 0o644, "0644"},
		"open, merged":    {"", exporter.ModeMerge, 0o666, "0666"},
		"for a group":     {"", exporter.ModeSnapshot, 0o640, ""},
		"asked for":       {"0644", exporter.ModeSnapshot, 0o644, ""},
		"closed by a run": {"0600", exporter.ModeSnapshot, 0o644, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 1, Conversations: 30})
			job := in(test.mode, b.job(b.dir))
			b.mustApply(t, job)
			if err := os.Chmod(b.file(), test.perm); err != nil {
				t.Fatal(err)
			}
			job.Exports[0].FileMode = test.fileMode
			plan, _ := b.mustApply(t, job)
			found := plan.Warnings()
			if plan.Exports[0].OpenToAll != test.want || len(found) != 0 != (test.want != "") {
				t.Fatalf("open to all: %q, warnings %+v", plan.Exports[0].OpenToAll, found)
			}
			if len(found) > 0 && !strings.Contains(found[0].Summary, "who can enter its folder") { // here nobody else can
				t.Errorf("the warning claims %q", found[0].Summary)
			}
			if info, err := os.Stat(b.file()); err != nil || test.want != "" && info.Mode().Perm() != test.perm {
				t.Errorf("the new file has %v, and the plan said it keeps %v: %v", info.Mode(), test.perm, err)
			}
		})
	}
}

func TestAnotherTypeOfExtraIsAChangeOfTheSchema(t *testing.T) {
	for _, mode := range []string{exporter.ModeSnapshot, exporter.ModeMerge} {
		for _, layout := range []string{exporter.LayoutCurrent, exporter.LayoutVersioned} {
			b := newBench(t, sim.Options{Users: 1, Conversations: 30})
			job := in(mode, b.job(b.dir))
			job.Exports[0].Layout, job.Exports[0].Keep = layout, 2
			b.mustApply(t, job)
			for _, step := range []struct {
				extra, want string
			}{{"", ""}, {exporter.ExtraJSON, "from string to json"}, {exporter.ExtraJSON, ""}, {exporter.ExtraString, "from json to string"}} {
				job.Exports[0].Parquet.Extra = step.extra
				plan, _ := b.mustApply(t, job)
				got := plan.Exports[0]
				if said := strings.Join(got.SchemaChanges, ""); !strings.Contains(said, step.want) || (said == "") != (step.want == "") || got.Unchanged != (step.want == "") {
					t.Errorf("%s, %s, extra %q: %q, unchanged %t", mode, layout, step.extra, said, got.Unchanged)
				}
			}
		}
	}
}

func TestAnotherFormatBehindThePointerIsAChange(t *testing.T) {
	for _, mode := range []string{exporter.ModeSnapshot, exporter.ModeMerge} {
		b := newBench(t, sim.Options{Users: 1, Conversations: 30})
		job := in(mode, b.job(b.dir))
		job.Exports[0].Layout, job.Exports[0].Keep = exporter.LayoutVersioned, 2
		b.mustApply(t, job)
		for _, step := range []struct {
			format, want string
		}{{"parquet", ""}, {"arrow", "from parquet to arrow"}, {"arrow", ""}, {"parquet", "from arrow to parquet"}} {
			job.Exports[0].Format = step.format
			plan, _ := b.mustApply(t, job)
			got := plan.Exports[0]
			if said := strings.Join(got.SchemaChanges, ""); !strings.Contains(said, step.want) || (said == "") != (step.want == "") || plan.Pending() != (step.want != "") {
				t.Errorf("%s, %s: %q, pending %t", mode, step.format, said, plan.Pending())
			}
		}
	}
}
