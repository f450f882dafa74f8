package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/journal"
	"github.com/lemexport/lemexport/schema"
)

// watched is a source that tells of every page before it is taken.
type watched struct {
	exporter.Source
	page func(number int)
	// later is how far its clock is ahead, for the times in its journal.
	later time.Duration
}

func (w watched) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	if journal != nil {
		journal = dated{journal, w.later}
	}
	return watchedWalk{w.Source.Walk(ctx, table, since, journal), w.page}
}

// dated is a journal whose entries get later times.
type dated struct {
	exporter.Journal
	later time.Duration
}

func (d dated) Append(entry []byte) error {
	text, body, _ := bytes.Cut(entry, []byte{'\n'})
	var head map[string]any
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	for _, name := range []string{"sent", "arrived"} {
		at, err := time.Parse(time.RFC3339Nano, head[name].(string))
		if err != nil {
			return err
		}
		if !at.IsZero() {
			head[name] = at.Add(d.later)
		}
	}
	text, err := json.Marshal(head)
	return errors.Join(err, d.Journal.Append(slices.Concat(text, []byte{'\n'}, body)))
}

type watchedWalk struct {
	exporter.Walk
	page func(number int)
}

func (w watchedWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		number := 0
		for page, err := range w.Walk.Pages() {
			number++
			w.page(number)
			if !yield(page, err) {
				return
			}
		}
	}
}

// cut begins an apply and ends it at a page; its clock is ahead by so much.
func (b *bench) cut(t *testing.T, job exporter.Job, at int, later time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.wrap = func(source exporter.Source) exporter.Source {
		return watched{source, func(number int) {
			if number == at {
				cancel()
			}
		}, later}
	}
	defer func() { b.wrap = nil }()
	run, err := b.Start(ctx, job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Apply(ctx, plan, engine.ApplyOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("the error is %v", err)
	}
}

// erase deletes a conversation near the top of the list, which an apply that was cut
// short has read.
func (b *bench) erase() {
	b.team.Move(sim.Movement{Kind: sim.Delete, Position: 5})
}

// What was erased since an old journal was kept does not come back as proven.
func TestAJournalIsGoneOnFromUntilItExpires(t *testing.T) {
	for name, test := range map[string]struct {
		passed, most time.Duration
		old          bool
		says         string
	}{
		"at once":                  {0, 0, false, ""},
		"just in time":             {23*time.Hour + 50*time.Minute, 0, false, ""},
		"a day":                    {24*time.Hour + time.Minute, 0, true, "its first page is 24h1m old, and journal_max_age allows 24h"},
		"40 days":                  {40 * 24 * time.Hour, 0, true, "its first page is 960h old"},
		"two days, as configured":  {48 * time.Hour, 72 * time.Hour, false, ""},
		"an hour, as configured":   {time.Hour, 30 * time.Minute, true, "journal_max_age allows 30m"},
		"dated in the future":      {-time.Hour, 0, true, "dated in the future"},
		"dated far in the future":  {-40 * 24 * time.Hour, 0, true, "dated in the future"},
		"dated a blink ahead":      {-time.Minute, 0, true, "dated in the future"},
		"a week, when that is all": {168*time.Hour + time.Minute, 168 * time.Hour, true, "its first page is 168h1m old"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 3, Conversations: 900})
			b.resumable(t)
			job := b.job(b.dir)
			job.Source.JournalMaxAge = test.most
			b.interrupt(t, job)
			b.later(test.passed)
			if test.old {
				b.erase()
			}
			var told heard
			run, err := b.Start(t.Context(), job, &told)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = run.Close() }()
			plan, err := run.Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			kept := plan.Kept()
			if kept == nil || (kept.Expired != "") != test.old || !strings.Contains(kept.Expired, test.says) || kept.Pages < 2 {
				t.Errorf("the plan says %+v", kept)
			}
			summary, err := run.Apply(t.Context(), plan, engine.ApplyOptions{})
			if err != nil || !summary.Proof.Complete {
				t.Fatalf("apply: %v, %v", err, summary.Proof.Reasons)
			}
			if (summary.Proof.Resumed > 0) == test.old || (len(told.over) == 1) != test.old || told.notResumable > 0 {
				t.Errorf("%d pages were taken over; told %v", summary.Proof.Resumed, told)
			}
			if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); test.old && diff != "" {
				t.Errorf("conversations (-want +got):\n%s", diff)
			}
		})
	}
}

// The oldest page counts, not the time of the last entry.
func TestAJournalThatIsContinuedAgainAndAgainExpires(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 900, LimitMax: 25})
	b.resumable(t)
	job := b.job(b.dir)
	b.cut(t, job, 4, 0)
	for i, at := range []int{8, 12} {
		b.later(10 * time.Hour)
		b.cut(t, job, at, time.Duration(i+1)*10*time.Hour)
	}
	b.later(5 * time.Hour)
	b.erase()
	plan, summary := b.mustApply(t, job)
	if kept := plan.Kept(); kept == nil || kept.Expired == "" || kept.Pages < 8 || kept.OldestAge < 25*3600 || kept.Age > 6*3600 {
		t.Errorf("the plan says %+v", kept)
	}
	if summary.Proof.Resumed != 0 {
		t.Errorf("%d pages were taken over", summary.Proof.Resumed)
	}
	if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
}

// A walk that takes longer than a journal may be old proves nothing: a machine slept,
// or waited.
func TestAWalkThatOutlivesItsPagesIsNotProven(t *testing.T) {
	for name, test := range map[string]struct {
		before time.Duration // between an apply that was cut short and this one
		within time.Duration // while this one reads
		writes time.Duration // while it writes
		proven bool
	}{
		"in time":                          {0, 23 * time.Hour, 0, true},
		"while it reads":                   {0, 25 * time.Hour, 0, false},
		"while it reads, with older pages": {20 * time.Hour, 5 * time.Hour, 0, false},
		"with older pages, in time":        {20 * time.Hour, 3 * time.Hour, 0, true},
		"while it writes":                  {0, 0, 25 * time.Hour, false},
		"in all":                           {10 * time.Hour, 10 * time.Hour, 10 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 2, Conversations: 400, LimitMax: 25})
			work := filepath.Join(t.TempDir(), "work")
			b.Workspace = journal.NewWorkspace(work)
			job := b.job(b.dir)
			if test.before > 0 {
				b.interrupt(t, job)
				b.later(test.before)
			}
			b.wrap = func(source exporter.Source) exporter.Source {
				return watched{source, func(number int) {
					if number == 5 {
						b.later(test.within)
					}
				}, 0}
			}
			b.OpenDestination = func(location string) (exporter.Destination, error) {
				to, err := store.Open(location)
				return slow{to, func() { b.later(test.writes) }}, err
			}
			_, summary, err := b.apply(t, job, engine.ApplyOptions{})
			if test.proven {
				if err != nil || !summary.Proof.Complete {
					t.Fatalf("apply: %v, %v", err, summary.Proof.Reasons)
				}
				return
			}
			if !errors.Is(err, exporter.ErrIncomplete) || summary.Proof.Complete || summary.Kept != nil ||
				!strings.Contains(strings.Join(summary.Proof.Reasons, "\n"), "journal_max_age allows 24h") {
				t.Errorf("apply: %v, %v, kept %+v", err, summary.Proof.Reasons, summary.Kept)
			}
			for _, user := range summary.Proof.Partitions {
				if user.Complete || user.Method != "" || user.Reason == "" {
					t.Errorf("the list of %s is still proven", user.Partition)
				}
			}
			for _, path := range []string{b.file(), work} {
				if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is there: %v", path, err)
				}
			}
		})
	}
}

// The first pages of the survey are the walk's, so its age and the window of the file begin
// with the survey.
func TestAWalkIsAsOldAsTheSurveyWhosePagesItBeginsWith(t *testing.T) {
	for pause, proven := range map[time.Duration]bool{23 * time.Hour: true, 25 * time.Hour: false} {
		b := newBench(t, sim.Options{Users: 2, Conversations: 400})
		run, err := b.Start(t.Context(), b.job(b.dir), exporter.Unobserved{})
		if err != nil {
			t.Fatal(err)
		}
		surveyed := b.Now()
		plan, err := run.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		b.later(pause) // for this clock, not for that of the source
		summary, err := run.Apply(t.Context(), plan, engine.ApplyOptions{})
		if proven != (err == nil) || proven != summary.Proof.Complete {
			t.Errorf("after %s: %v, %v", pause, err, summary.Proof.Reasons)
		}
		if proven && summary.Exports[0].Manifest.Window.StartedAt.Sub(surveyed) > time.Hour {
			t.Errorf("after %s: the window begins at %s, and the survey began at %s", pause, summary.Exports[0].Manifest.Window.StartedAt, surveyed)
		}
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}
}

// slow is a destination that takes its time.
type slow struct {
	exporter.Destination
	wait func()
}

func (s slow) Create(ctx context.Context, name string, over exporter.Version) (exporter.Upload, error) {
	s.wait()
	return s.Destination.Create(ctx, name, over)
}

// What -allow-incomplete writes of such a walk says that it is not proven, and no
// increment goes on from it.
func TestARunThatOutlivesItsPagesIsMarked(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 200})
	b.wrap = func(source exporter.Source) exporter.Source {
		return watched{source, func(number int) {
			if number == 2 {
				b.later(25 * time.Hour)
			}
		}, 0}
	}
	job := in(exporter.ModeMerge, b.job(b.dir))
	if _, _, err := b.apply(t, job, engine.ApplyOptions{AllowIncomplete: true}); err != nil {
		t.Fatal(err)
	}
	manifest := b.mustVerify(t, b.dir).Manifest
	if manifest.Proof.Complete || manifest.FullProof != nil || len(manifest.Watermarks) > 0 {
		t.Errorf("the manifest says %+v, full proof %v, watermarks %v", manifest.Proof, manifest.FullProof, manifest.Watermarks)
	}
	b.wrap = nil
	if plan, _ := b.mustApply(t, job); plan.Exports[0].Increment.Full == "" {
		t.Error("an increment goes on from it")
	}
}

// A host goes on from a checkpoint: what it has of before is delivered anew.
func TestACheckpointExpiresWithItsJournal(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 900})
	b.resumable(t)
	_, marks, _, _, err := b.readPart(t, b.job(), engine.ReadOptions{}, 3)
	if err != nil || marks[2] == nil {
		t.Fatal(marks, err)
	}
	b.later(25 * time.Hour)
	b.erase()
	rows, fresh, summary, told, err := b.readPart(t, b.job(), engine.ReadOptions{From: marks[2]}, -1)
	if err != nil || summary.Proof.Resumed != 0 || len(told.over) != 2 || !strings.Contains(told.over[0], "journal_max_age") {
		t.Errorf("%v, %d pages were taken over, told %q", err, summary.Proof.Resumed, told.over)
	}
	if diff := gocmp.Diff(b.newestVersions(), newestOf(rows)); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	if last := fresh[len(fresh)-1]; last == nil || last.Mark == marks[2].Mark {
		t.Errorf("the checkpoint is of the old journal: %+v", last)
	}
}

// A host may take its time with every batch.
func TestAReadingThatOutlivesItsPagesFails(t *testing.T) {
	for _, once := range []bool{false, true} {
		b := newBench(t, sim.Options{Users: 2, Conversations: 300})
		b.wrap = func(source exporter.Source) exporter.Source {
			return watched{source, func(number int) {
				if number == 3 {
					b.later(25 * time.Hour)
				}
			}, 0}
		}
		rows, _, summary, _, err := b.readPart(t, b.job(), engine.ReadOptions{Once: once}, -1)
		if !errors.Is(err, exporter.ErrIncomplete) || summary.Proof.Complete || once != (len(rows) == 0) {
			t.Errorf("once %t: %v, %d batches, %v", once, err, len(rows), summary.Proof.Reasons)
		}
	}
}

func TestAJournalOfUnknownAgeIsNotGoneOnFrom(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 900})
	b.resumable(t)
	b.interrupt(t, b.job(b.dir))
	b.ReadJournal = nil
	if _, summary := b.mustApply(t, b.job(b.dir)); summary.Proof.Resumed != 0 {
		t.Errorf("%d pages were taken over", summary.Proof.Resumed)
	}
}
