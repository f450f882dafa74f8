package engine_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestAFullWalkThatIsAskedFor(t *testing.T) {
	old := start().Add(-100 * time.Hour)
	t.Run("merge", func(t *testing.T) {
		b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(60)
		l.serve(b)
		job := in(exporter.ModeMerge, b.job(b.dir))
		b.mustApply(t, job)
		l.put("ibx_900", old)
		delete(l.rows["usr_a"], "ibx_080")
		delete(l.rows["usr_b"], "ibx_080")
		job.Full = true
		plan, summary := b.mustApply(t, job)
		m := summary.Exports[0].Manifest
		if plan.Exports[0].Increment.Full != "-full asks for it" || !plan.Pending() || m.Changes.Removed != 1 || m.Changes.Added != 1 || m.FullProof.RunID != m.RunID {
			t.Errorf("%+v, %+v, %+v", plan.Exports[0].Increment, m.Changes, m.FullProof)
		}
		if diff := gocmp.Diff(l.truth(), idsOf(t, b.file())); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("append", func(t *testing.T) {
		b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(400)
		b.sortableIDs()
		l.serve(b)
		job := in(exporter.ModeAppend, b.job(b.dir))
		b.mustApply(t, job)
		l.put("ibx_700", start().Add(time.Hour))
		b.mustApply(t, job)
		l.put("ibx_900", old)
		job.Full = true
		plan, summary := b.mustApply(t, job)
		m := summary.Exports[0].Manifest
		if increment := plan.Exports[0].Increment; !increment.OnlyMissing || m.Rows != 1 || m.FullProof.RunID != "run-001" {
			t.Errorf("%+v: %d rows, %+v", increment, m.Rows, m.FullProof)
		}
		l.check(t, 0, b.view(t))
		b.once(t)
		b.later(169 * time.Hour) // what is due anyway adds everything, so that older files can go
		plan, summary = b.mustApply(t, job)
		if m := summary.Exports[0].Manifest; plan.Exports[0].Increment.OnlyMissing || m.Rows != int64(len(l.truth())) || m.FullProof.RunID != m.RunID {
			t.Errorf("%+v: %d rows, %+v", plan.Exports[0].Increment, m.Rows, m.FullProof)
		}
		b.mustVerify(t, summary.Exports[0].File)
	})
}

// A row that only a file from before the last full proof has is added again: that
// file may be deleted.
func TestWhatIsOlderThanTheFullProofCountsForNothing(t *testing.T) {
	b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(400)
	b.sortableIDs()
	l.serve(b)
	job := in(exporter.ModeAppend, b.job(b.dir))
	b.mustApply(t, job)
	for _, id := range []string{"ibx_003", "ibx_603"} { // within what is remembered, and below it
		delete(l.rows["usr_a"], id)
		delete(l.rows["usr_b"], id)
	}
	b.later(169 * time.Hour)
	b.mustApply(t, job)
	l.put("ibx_003", start().Add(-3*time.Minute))
	l.put("ibx_603", start().Add(-603*time.Minute))
	l.widened["usr_a"] = true
	if _, summary := b.mustApply(t, job); summary.Exports[0].Manifest.Rows != 2 {
		t.Errorf("%d rows", summary.Exports[0].Manifest.Rows)
	}
}

// Files of earlier versions remember only what is as old as the watermark.
func TestAnAppendGoesOnFromAFileThatRemembersLittle(t *testing.T) {
	b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(60)
	b.sortableIDs()
	l.serve(b)
	job := in(exporter.ModeAppend, b.job(b.dir))
	_, first := b.mustApply(t, job)
	path := first.Exports[0].File
	rows, manifest := load(t, path)
	manifest.Recent, manifest.Sequence, manifest.Beside = nil, 0, ""
	manifest.AtWatermark = map[string][]string{"usr_a": {"ibx_000"}, "usr_b": {"ibx_000"}}
	save(t, path, tableOf(), records(rows), manifest)
	plan, quiet := b.mustApply(t, job)
	if mark := plan.Exports[0].Increment.Since["usr_a"]; len(quiet.NothingNew) != 1 || !mark.Floor.Equal(mark.Newest) || mark.Known != nil {
		t.Errorf("%+v, since %+v", quiet.Exports, mark)
	}
	l.put("ibx_030", start())
	l.put("ibx_031", start().Add(time.Minute))
	if _, summary := b.mustApply(t, job); summary.Exports[0].Manifest.Rows != 2 || summary.Exports[0].Manifest.Sequence != 1 {
		t.Errorf("%d rows", summary.Exports[0].Manifest.Rows)
	}
	b.once(t)
	l.check(t, 0, b.view(t))
}

// The walk is told how far down to go, and what it will find there.
func TestTheMarkSaysWhatIsKnown(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		t.Run(mode, func(t *testing.T) {
			b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(60)
			l.serve(b)
			job := in(mode, b.job(b.dir))
			job.Source.Margin.Increment = 10 * time.Minute
			b.mustApply(t, job)
			for round := range 3 {
				if round > 0 {
					l.put(fmt.Sprintf("ibx_%03d", 3*round+90), start().Add(time.Duration(4*round)*time.Minute))
				}
				_, _ = b.mustApply(t, job)
				for user, rows := range l.rows {
					newest := l.of(user)[0].at
					if round > 0 { // the run before saw the list before the movement
						newest = start().Add(time.Duration(4*(round-1)) * time.Minute)
					}
					var known int64
					for id, at := range rows {
						moved := round > 0 && id == fmt.Sprintf("ibx_%03d", 3*round+90)
						if !moved && !at.Before(newest.Add(-10*time.Minute)) {
							known++
						}
					}
					mark := l.asked[user]
					if !mark.Newest.Equal(newest) || !mark.Floor.Equal(newest.Add(-10*time.Minute)) || mark.Known == nil || *mark.Known != known {
						t.Errorf("round %d: %s is read since %+v, %d known; want %v, %d known", round, user, mark, *mark.Known, newest, known)
					}
				}
			}
			// Another margin is another floor, of which nothing is known, but an append
			// goes down as far as it remembers.
			job.Source.Margin.Increment = time.Hour
			b.mustApply(t, job)
			if mark := l.asked["usr_a"]; (mode == exporter.ModeMerge) != (mark.Known == nil && mark.Newest.Sub(mark.Floor) == time.Hour) {
				t.Errorf("then it is read since %+v", mark)
			}
		})
	}
}

// Exports that share a walk go down as far as the neediest of them.
func TestTheLowestFloorOfAllExportsCounts(t *testing.T) {
	b, l := newBench(t, sim.Options{Users: 1, Conversations: sim.None}), newLists(60)
	b.sortableIDs()
	l.serve(b)
	job := b.job(b.dir, t.TempDir())
	job.Exports[0].Mode, job.Exports[1].Mode = exporter.ModeAppend, exporter.ModeMerge
	job.Source.Margin.Increment = time.Minute
	b.mustApply(t, job)
	job.Source.Margin.Increment = time.Hour
	plan, _ := b.mustApply(t, job)
	for user, mark := range l.asked {
		if own := plan.Exports[0].Increment.Since[user]; !mark.Floor.Equal(mark.Newest.Add(-time.Hour)) || own.Newest.Sub(own.Floor) != time.Minute {
			t.Errorf("%s is read since %+v, the append needs %+v", user, mark, own)
		}
	}
	l.put("ibx_900", start().Add(-50*time.Minute)) // late: the append takes it as well
	_, summary := b.mustApply(t, job)
	for _, result := range summary.Exports {
		if m := result.Manifest; m.Mode == exporter.ModeAppend && m.Rows != 1 || m.Mode == exporter.ModeMerge && m.Changes.Added != 1 {
			t.Errorf("%s has %d rows, %+v", m.Mode, m.Rows, m.Changes)
		}
	}
	if len(summary.Exports) != 2 {
		t.Errorf("%d files", len(summary.Exports))
	}
}
