package duckdbtest

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

var large = flag.Bool("large", false, "merge and append with 100,000 conversations, 30 and 10 times")

// fixture is the engine, without a rate limit, and a simulated team whose conversations a
// test can change.
type fixture struct {
	*engine.Engine
	team *sim.Server
	dir  string
}

func newFixture(t *testing.T, options sim.Options) *fixture {
	t.Helper()
	options.Unlimited = true
	team, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	running, err := team.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = running.Close() })
	return &fixture{team: team, dir: t.TempDir(), Engine: &engine.Engine{
		OpenSource: func(_ context.Context, _ exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			return lemlist.Open(lemlist.Options{Endpoint: running.URL(), Key: exporter.NewSecret(team.Key()), Observer: obs, Unlimited: true})
		},
		OpenDestination: store.Open,
		Formats:         map[string]exporter.Format{"parquet": parquet.Format{}},
		Scratch:         scratch.New(t.TempDir()),
		Now:             time.Now,
		NewRunID:        func() string { return uuid.Must(uuid.NewV7()).String() },
	}}
}

// apply exports into a folder with this name.
func (f *fixture) apply(t *testing.T, folder, mode string, fullEvery time.Duration) exporter.Proof {
	t.Helper()
	run, err := f.Start(t.Context(), exporter.Job{Exports: []exporter.Export{{
		Table: "inbox_conversations", Destination: filepath.Join(f.dir, folder), Format: "parquet", Mode: mode, FullEvery: fullEvery,
		Parquet: exporter.ParquetOptions{Compression: "zstd"},
	}}}, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	summary, err := run.Apply(t.Context(), plan, engine.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return summary.Proof
}

func (f *fixture) from(folder, rest string) string { return from(filepath.Join(f.dir, folder, rest)) }

// churn applies n changes of these kinds to conversations that it picks at random.
func (f *fixture) churn(n int, seed uint64, kinds ...sim.Kind) {
	random := rand.New(rand.NewPCG(seed, 3))
	moves := make([]sim.Movement, n)
	for i := range moves {
		moves[i] = sim.Movement{Kind: kinds[random.IntN(len(kinds))], Position: random.IntN(1 << 30)}
	}
	f.team.Move(moves...)
}

const (
	snapshotFile = "inbox_conversations.parquet"
	week         = 168 * time.Hour
)

// differences counts the rows of theirs that ours does not have, and the other way round,
// without fetched_at.
func differences(t *testing.T, ours, theirs string) (missing, excess string) {
	t.Helper()
	db := openDuckDB(t)
	const columns = "* EXCLUDE (fetched_at)"
	count := func(x, y string) string {
		return one(t, db, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s EXCEPT SELECT %s FROM %s)", columns, x, columns, y))
	}
	return count(theirs, ours), count(ours, theirs)
}

// A merge after one conversation in a hundred has changed equals a snapshot, and takes few
// requests.
func TestAMergeEqualsASnapshot(t *testing.T) {
	conversations := 4000
	if *large {
		conversations = 100_000
	}
	f := newFixture(t, sim.Options{Users: 3, Conversations: conversations, Seed: 11})
	whole := f.apply(t, "merged", "merge", week)
	unchanged := f.apply(t, "merged", "merge", week)
	f.churn(conversations/100, 1, sim.Jump, sim.Jump, sim.Jump, sim.Insert)
	merged := f.apply(t, "merged", "merge", week)
	f.apply(t, "snapshot", "snapshot", 0)
	missing, excess := differences(t, f.from("merged", snapshotFile), f.from("snapshot", snapshotFile))
	if missing != "0" || excess != "0" {
		t.Errorf("%s rows of the snapshot are missing, %s are not in it", missing, excess)
	}
	if merged.Method != "sweep-since" || merged.Requests > int64(conversations/1000+20) {
		t.Errorf("%d requests by %s", merged.Requests, merged.Method)
	}
	t.Logf("%d conversations: %d requests for everything, %d without changes, %d for %d changes",
		conversations, whole.Requests, unchanged.Requests, merged.Requests, conversations/100)
}

// Merges equal a snapshot although conversations change during and between them.
func TestMergesInARowEqualASnapshot(t *testing.T) {
	conversations, rounds := 1500, 5
	if *large {
		conversations, rounds = 100_000, 30
	}
	stopped := false
	f := newFixture(t, sim.Options{Users: 3, Conversations: conversations, Seed: 12, Drift: sim.Drift{Script: drift(&stopped)}})
	var requests, first int64
	for round := range rounds {
		got := f.apply(t, "merged", "merge", week)
		if first == 0 {
			first = got.Requests
			continue
		}
		requests += got.Requests
		f.churn(conversations/100, uint64(round), sim.Jump, sim.Jump, sim.Insert)
	}
	stopped = true
	requests += f.apply(t, "merged", "merge", week).Requests
	f.apply(t, "snapshot", "snapshot", 0)
	missing, excess := differences(t, f.from("merged", snapshotFile), f.from("snapshot", snapshotFile))
	if missing != "0" || excess != "0" {
		t.Errorf("after %d merges %s rows of the snapshot are missing, %s are not in it", rounds, missing, excess)
	}
	t.Logf("%d conversations: %d requests for everything, %d for %d merges", conversations, first, requests, rounds)

	// Only a full proof shows deletions, and changes without an activity.
	f.churn(conversations/50, 77, sim.Delete, sim.Edit)
	f.apply(t, "merged", "merge", week)
	f.apply(t, "snapshot", "snapshot", 0)
	if _, excess = differences(t, f.from("merged", snapshotFile), f.from("snapshot", snapshotFile)); excess == "0" {
		t.Error("an increment equals the snapshot, so this test shows nothing")
	}
	f.apply(t, "merged", "merge", time.Nanosecond)
	if missing, excess = differences(t, f.from("merged", snapshotFile), f.from("snapshot", snapshotFile)); missing != "0" || excess != "0" {
		t.Errorf("after a full proof %s rows of the snapshot are missing, %s are not in it", missing, excess)
	}
}

// drift changes a conversation before most requests, until stopped is true.
func drift(stopped *bool) func(int) []sim.Movement {
	return func(step int) []sim.Movement {
		if *stopped || step%3 == 0 {
			return nil
		}
		kind := sim.Jump
		if step%4 == 0 {
			kind = sim.Insert
		}
		return []sim.Movement{{Kind: kind, Position: step * 7919}}
	}
}

// The view of docs/increments.md over the files of an append has the current inbox, and the deleted
// conversations.
func TestTheViewOverAppendedFiles(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "increments.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```sql\n(CREATE VIEW [^`]*QUALIFY[^`]*;)\n```").FindSubmatch(page)
	if found == nil {
		t.Fatal("docs/increments.md shows no view")
	}
	conversations, rounds := 1500, 4
	if *large {
		conversations, rounds = 100_000, 10
	}
	stopped := false
	f := newFixture(t, sim.Options{Users: 3, Conversations: conversations, Seed: 13, Drift: sim.Drift{Script: drift(&stopped)}})
	for round := range rounds {
		f.apply(t, "out", "append", week)
		f.churn(conversations/100, uint64(round), sim.Jump, sim.Jump, sim.Insert, sim.Delete)
	}
	stopped = true
	f.apply(t, "out", "append", week)
	f.apply(t, "out", "append", week) // nothing is new
	f.apply(t, "snapshot", "snapshot", 0)
	files, err := filepath.Glob(filepath.Join(f.dir, "out", "inbox_conversations", "*.parquet"))
	if err != nil || len(files) != rounds+1 {
		t.Errorf("%d files (%v)", len(files), err)
	}
	db := openDuckDB(t)
	view := strings.ReplaceAll(string(found[1]), "'out/", "'"+f.dir+"/out/")
	if _, err := db.ExecContext(t.Context(), view); err != nil {
		t.Fatalf("%s: %v", view, err)
	}
	const columns = "* EXCLUDE (fetched_at)"
	snapshot := f.from("snapshot", snapshotFile)
	expect(t, db, "0", fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s EXCEPT SELECT %s FROM inbox)", columns, snapshot, columns))
	expect(t, db, "0", fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM inbox WHERE id IN (SELECT id FROM %s) EXCEPT SELECT %s FROM %s)", columns, snapshot, columns, snapshot))
	deleted := make(map[string]bool)
	for _, event := range f.team.Events() {
		if event.Kind == sim.Delete {
			deleted[event.ID] = true
		}
	}
	deletedRows := query(t, db, fmt.Sprintf("SELECT id FROM inbox WHERE id NOT IN (SELECT id FROM %s)", snapshot))
	for _, row := range deletedRows {
		if !deleted[row[0]] {
			t.Errorf("%s is in the view but not in the snapshot, and was not deleted", row[0])
		}
	}
	if len(deletedRows) == 0 {
		t.Error("no conversation was deleted, so this test shows nothing")
	}
	t.Logf("%d conversations, %d files, %s rows in them, %d deleted", conversations, len(files),
		one(t, db, "SELECT count(*) FROM "+f.from("out", "inbox_conversations/*.parquet")), len(deleted))
}
