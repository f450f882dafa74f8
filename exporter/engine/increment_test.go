package engine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// in is the job with another mode.
func in(mode string, job exporter.Job) exporter.Job {
	for i := range job.Exports {
		job.Exports[i].Mode = mode
		job.Exports[i].FullEvery = 168 * time.Hour
	}
	return job
}

func (b *bench) truth() map[string]time.Time {
	truth := make(map[string]time.Time)
	for _, conversation := range b.team.Conversations() {
		truth[conversation.ID] = conversation.LastActivityAt.UTC()
	}
	return truth
}

// later lets time go by on our clock.
func (b *bench) later(d time.Duration) {
	before := b.clock
	b.clock = func() time.Time { return before().Add(d) }
}

// sortableIDs gives runs ids whose text sorts by time, as it has to for append.
func (b *bench) sortableIDs() {
	runs := 0
	b.NewRunID = func() string { runs++; return fmt.Sprintf("run-%03d", runs) }
}

// churn moves conversations.
func (b *bench) churn(n int, seed uint64, kinds ...sim.Kind) {
	random := rand.New(rand.NewPCG(seed, 9))
	for range n {
		b.team.Move(sim.Movement{Kind: kinds[random.IntN(len(kinds))], Position: random.IntN(1 << 20)})
	}
}

func TestAMergeReadsWhatIsNewer(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 1500, Seed: 5})
	job := in(exporter.ModeMerge, b.job(b.dir))
	first, created := b.mustApply(t, job)
	if first.Exports[0].Action != engine.ActionCreate || first.Exports[0].Increment.Full == "" || created.Exports[0].Manifest.Changes != nil {
		t.Errorf("the first plan: %+v", first.Exports[0])
	}
	full := created.Exports[0].Manifest.FullProof
	if full == nil || full.RunID != "run-1" {
		t.Fatalf("the first full proof: %+v", full)
	}
	if plan, quiet := b.mustApply(t, job); quiet.Proof.Requests != 3 || *plan.Requests != 3 || plan.Pending() {
		t.Errorf("an increment of nothing took %d requests, the plan said %d", quiet.Proof.Requests, *plan.Requests)
	}

	b.churn(40, 1, sim.Jump, sim.Jump, sim.Insert, sim.Delete)
	deleted := 0
	for _, event := range b.team.Events() {
		if event.Kind == sim.Delete {
			deleted++
		}
	}
	plan, summary := b.mustApply(t, job)
	manifest := summary.Exports[0].Manifest
	if summary.Proof.Requests > 9 || len(plan.Exports[0].Increment.Since) != 3 || plan.Exports[0].Action != engine.ActionMerge {
		t.Errorf("%d requests for 40 movements; the plan: %+v", summary.Proof.Requests, plan.Exports[0])
	}
	if !gocmp.Equal(manifest.FullProof, full) || manifest.Previous.RunID != "run-2" {
		t.Errorf("the lineage: %+v, %+v", manifest.FullProof, manifest.Previous)
	}
	got, truth := idsOf(t, b.file()), b.truth()
	maps.DeleteFunc(got, func(id string, _ time.Time) bool { _, alive := truth[id]; return !alive })
	if diff := gocmp.Diff(truth, got); diff != "" {
		t.Errorf("the living (-want +got):\n%s", diff)
	}
	if manifest.Rows != int64(len(truth)+deleted) {
		t.Errorf("%d rows, %d alive, %d deleted", manifest.Rows, len(truth), deleted)
	}
	b.mustVerify(t, b.dir)

	b.later(169 * time.Hour)
	plan, summary = b.mustApply(t, job)
	manifest = summary.Exports[0].Manifest
	if manifest.Changes.Removed != int64(deleted) || manifest.FullProof.RunID != manifest.RunID || plan.Exports[0].Increment.Full == "" {
		t.Errorf("%d deleted; the full proof: %+v, %+v", deleted, manifest.Changes, manifest.FullProof)
	}
	if diff := gocmp.Diff(truth, idsOf(t, b.file())); diff != "" {
		t.Errorf("after a full proof (-want +got):\n%s", diff)
	}
	b.mustVerify(t, b.dir)
}

func TestManyIncrementsWhileRowsMove(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s, seed %d", mode, seed), func(t *testing.T) {
				var atRest atomic.Bool
				b := newBench(t, sim.Options{Users: 3, Conversations: 400, Seed: seed, LimitMax: 20, Drift: sim.Drift{Script: func(step int) []sim.Movement {
					if atRest.Load() {
						return nil
					}
					return []sim.Movement{{Kind: []sim.Kind{sim.Jump, sim.Jump, sim.Insert}[step%3], Position: step * 7919}}
				}}})
				b.sortableIDs()
				job := in(mode, b.job(b.dir))
				for round := range uint64(12) {
					b.churn(20, seed*100+round, sim.Jump, sim.Insert)
					atRest.Store(round == 11)
					_, summary := b.mustApply(t, job)
					b.mustVerify(t, summary.Exports[0].File)
				}
				if diff := gocmp.Diff(b.truth(), b.viewOf(t, mode)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if mode == exporter.ModeAppend {
					b.once(t)
				}
			})
		}
	}
}

func TestMergesEqualASnapshot(t *testing.T) {
	b := newBench(t, sim.Options{Users: 4, Conversations: 600, Seed: 8})
	merge, snapshot := in(exporter.ModeMerge, b.job(b.dir)), b.job(filepath.Join(t.TempDir(), "fresh"))
	for round := range uint64(10) {
		b.churn(int(round*7), round, sim.Jump, sim.Insert)
		b.mustApply(t, merge)
		_, fresh := b.mustApply(t, snapshot)
		if got := b.mustVerify(t, b.dir).Manifest.Content.SHA256; got != fresh.Exports[0].Manifest.Content.SHA256 {
			t.Fatalf("round %d: the merge differs from a snapshot", round)
		}
	}
}

func TestASnapshotCanBeMergedInto(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 300})
	b.mustApply(t, b.job(b.dir))
	b.churn(5, 1, sim.Jump)
	_, summary := b.mustApply(t, in(exporter.ModeMerge, b.job(b.dir)))
	if m := summary.Exports[0].Manifest; summary.Proof.Requests > 6 || m.FullProof.RunID != "run-1" || m.Changes.Updated != 5 {
		t.Errorf("%d requests, %+v, %+v", summary.Proof.Requests, m.FullProof, m.Changes)
	}
	if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
		t.Error(diff)
	}
}

// Rows that a merge keeps count as they were when they came from the API: what
// changed them in the file since is found after the merge too.
func TestAMergeHidesNoDamageToTheRowsItKeeps(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 600})
	merge := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, merge)
	rows, manifest := load(t, b.file())
	save(t, b.file(), schema.InboxConversations(), []arrow.Record{withColumn(t, rows, "contact_id", "created_by")}, manifest)
	b.churn(5, 1, sim.Jump)
	if _, summary := b.mustApply(t, merge); summary.Exports[0].Manifest.Changes.Kept == 0 {
		t.Fatal("no row was kept: the test does not test")
	}
	verified, err := b.Verify(t.Context(), b.file())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(verified.Checks, func(c engine.Check) bool { return c.Name == "content hash" && !c.OK }) {
		t.Errorf("the damage was not found: %+v", verified.Checks)
	}
}

// A file that has not the rows it counts is not gone on from, and the error says
// which file that is and what to do.
func TestAMergeIntoAFileThatLacksRowsIsRefused(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 600})
	merge := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, merge)
	rows, manifest := load(t, b.file())
	save(t, b.file(), schema.InboxConversations(), []arrow.Record{rows.NewSlice(0, 599)}, manifest)
	b.churn(5, 1, sim.Jump)
	_, _, err := b.apply(t, merge, engine.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), b.file()) || !strings.Contains(exporter.Hint(err), "lemexport verify") {
		t.Errorf("the error is %v (%s)", err, exporter.Hint(err))
	}
}

// unproven is a source that proves the inbox of one user only.
type unproven struct{ exporter.Source }

func (u unproven) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	return unprovenWalk{u.Source.Walk(ctx, table, since, journal)}
}

type unprovenWalk struct{ exporter.Walk }

func (u unprovenWalk) Proof() exporter.Proof {
	proof := u.Walk.Proof()
	proof.Complete, proof.Reasons = false, []string{"the list moved"}
	for i := 1; i < len(proof.Partitions); i++ {
		proof.Partitions[i].Complete = false
	}
	return proof
}

func TestAnIncompleteIncrementAdvancesNothing(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		t.Run(mode, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 3, Conversations: 400})
			job := in(mode, b.job(b.dir))
			_, first := b.mustApply(t, job)
			before := first.Exports[0].Manifest
			b.churn(30, 3, sim.Jump, sim.Insert)
			b.wrap = func(source exporter.Source) exporter.Source { return unproven{source} }
			if _, _, err := b.apply(t, job, engine.ApplyOptions{}); !errors.Is(err, exporter.ErrIncomplete) {
				t.Fatalf("the error is %v", err)
			}
			if got := b.files(t); len(got) != 1 || b.mustVerify(t, got[0]).Manifest.RunID != "run-1" {
				t.Errorf("the destination was touched: %v", got)
			}
			_, summary, err := b.apply(t, job, engine.ApplyOptions{AllowIncomplete: true})
			if err != nil {
				t.Fatal(err)
			}
			m := summary.Exports[0].Manifest
			if m.Proof.Complete || m.FullProof.RunID != "run-1" {
				t.Errorf("committed as %+v", m.FullProof)
			}
			for i, user := range m.Proof.Partitions {
				if moved := !m.Watermarks[user.Partition].Equal(before.Watermarks[user.Partition]); moved != (i == 0) {
					t.Errorf("the watermark of user %d moved: %v", i, moved)
				}
			}
			b.mustVerify(t, summary.Exports[0].File)
			b.wrap = nil
			_, summary = b.mustApply(t, job)
			if mode == exporter.ModeMerge {
				if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
					t.Error(diff)
				}
			} else if diff := gocmp.Diff(b.truth(), b.view(t)); diff != "" {
				t.Error(diff)
			}
			if !summary.Proof.Complete {
				t.Error("the next increment is not complete")
			}
		})
	}
}

// files are all data files of the destination, by name.
func (b *bench) files(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(b.dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// view is the newest version of every conversation over all append files.
func (b *bench) view(t *testing.T) map[string]time.Time {
	t.Helper()
	newest := make(map[string]time.Time)
	for _, path := range b.files(t) {
		for id, at := range idsOf(t, path) {
			if !at.Before(newest[id]) {
				newest[id] = at
			}
		}
	}
	return newest
}

func TestUsersComeAndGo(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 400})
	job := in(exporter.ModeMerge, b.job(b.dir))
	users := b.team.UserIDs()
	job.Source.Users = users[:2]
	b.mustApply(t, job)
	two := len(idsOf(t, b.file()))
	job.Source.Users = users[1:]
	plan, summary := b.mustApply(t, job)
	if got := len(idsOf(t, b.file())); got <= two || summary.Proof.Partitions[0].Since == nil || summary.Proof.Partitions[1].Since != nil {
		t.Errorf("%d rows, then %d; %+v", two, got, summary.Proof.Partitions)
	}
	if diff := gocmp.Diff(users[:1], plan.Exports[0].DroppedUsers); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff(b.truth(), idsOf(t, b.file())); diff != "" {
		t.Errorf("what the user had who left is gone: %s", diff)
	}
	b.later(1000 * time.Hour)
	if _, summary = b.mustApply(t, job); summary.Exports[0].Manifest.Changes.Removed == 0 {
		t.Error("a full proof keeps what nobody has")
	}
	b.mustVerify(t, b.dir)
}

func TestWhatCannotBeGoneOnFromIsRefused(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		for name, test := range map[string]struct {
			survey   func(*exporter.Survey)
			manifest func(*exporter.Manifest)
			want     string
		}{
			"another team":      {survey: func(s *exporter.Survey) { s.TeamID = "tea_another" }, want: "holds an export of the simulated team"},
			"real data":         {survey: func(s *exporter.Survey) { s.Simulated = false }, want: "holds an export of the simulated team"},
			"another table":     {manifest: func(m *exporter.Manifest) { m.Table = "labels" }, want: `holds the table "labels"`},
			"a newer schema":    {manifest: func(m *exporter.Manifest) { m.SchemaVersion = 9 }, want: "has schema version 9"},
			"no file of ours":   {want: "is in the way"},
			"a damaged history": {manifest: func(m *exporter.Manifest) { m.Version = 99 }, want: "newer lemexport"},
		} {
			t.Run(mode+", "+name, func(t *testing.T) {
				b := newBench(t, sim.Options{Conversations: 30})
				job := in(mode, b.job(b.dir))
				_, summary := b.mustApply(t, job)
				path := summary.Exports[0].File
				rows, manifest := load(t, path)
				switch {
				case test.manifest != nil:
					test.manifest(&manifest)
					save(t, path, tableOf(), records(rows), manifest)
				case test.survey != nil:
					b.wrap = func(source exporter.Source) exporter.Source { return renamed{source, test.survey} }
				default:
					if err := os.WriteFile(path, []byte("notes"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				if _, _, err := b.apply(t, job, engine.ApplyOptions{}); err == nil || !strings.Contains(fmt.Sprint(err), test.want) {
					t.Errorf("the error is %v", err)
				}
			})
		}
	}
}

func tableOf() *schema.Table { return schema.InboxConversations() }

func records(recs ...arrow.Record) []arrow.Record { return recs }
