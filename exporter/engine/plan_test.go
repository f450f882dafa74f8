package engine_test

import (
	"context"
	"errors"
	"math"
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
