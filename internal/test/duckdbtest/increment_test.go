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

// bench is the engine, without a rate limit, beside a simulated team that goes
// on living.
type bench struct {
	*engine.Engine
	team *sim.Server
	dir  string
}

func newBench(t *testing.T, options sim.Options) *bench {
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
	return &bench{team: team, dir: t.TempDir(), Engine: &engine.Engine{
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

type quiet struct{}

func (quiet) Observe(exporter.Event) {}

// apply exports into a folder of that name.
func (b *bench) apply(t *testing.T, folder, mode string, fullEvery time.Duration) exporter.Proof {
	t.Helper()
	run, err := b.Start(t.Context(), exporter.Job{Exports: []exporter.Export{{
		Table: "inbox_conversations", Destination: filepath.Join(b.dir, folder), Format: "parquet", Mode: mode, FullEvery: fullEvery,
		Parquet: exporter.ParquetOptions{Compression: "zstd"},
	}}}, quiet{})
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

func (b *bench) from(folder, rest string) string { return from(filepath.Join(b.dir, folder, rest)) }

// churn moves conversations: any of them, of these kinds.
func (b *bench) churn(n int, seed uint64, kinds ...sim.Kind) {
	random := rand.New(rand.NewPCG(seed, 3))
	moves := make([]sim.Movement, n)
	for i := range moves {
		moves[i] = sim.Movement{Kind: kinds[random.IntN(len(kinds))], Position: random.IntN(1 << 30)}
	}
	b.team.Move(moves...)
}

const (
	snapshotFile = "inbox_conversations.parquet"
	week         = 168 * time.Hour
)

// differences counts the rows that one has and the other has not, both ways,
// fetched_at aside.
func differences(t *testing.T, ours, theirs string) (missing, excess string) {
	t.Helper()
	db := openDuckDB(t)
	const columns = "* EXCLUDE (fetched_at)"
	count := func(a, b string) string {
		return one(t, db, fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s EXCEPT SELECT %s FROM %s)", columns, a, columns, b))
	}
	return count(theirs, ours), count(ours, theirs)
}

// A merge after one conversation in a hundred has moved: what it costs, and that
// it equals a snapshot.
func TestAMergeEqualsASnapshot(t *testing.T) {
	conversations := 4000
	if *large {
		conversations = 100_000
	}
	b := newBench(t, sim.Options{Users: 3, Conversations: conversations, Seed: 11})
	whole := b.apply(t, "merged", "merge", week)
	quiet := b.apply(t, "merged", "merge", week)
	b.churn(conversations/100, 1, sim.Jump, sim.Jump, sim.Jump, sim.Insert)
	merged := b.apply(t, "merged", "merge", week)
	b.apply(t, "fresh", "snapshot", 0)
	missing, excess := differences(t, b.from("merged", snapshotFile), b.from("fresh", snapshotFile))
	if missing != "0" || excess != "0" {
		t.Errorf("%s rows of the snapshot are missing, %s are not in it", missing, excess)
	}
	if merged.Method != "sweep-since" || merged.Requests > int64(conversations/1000+20) {
		t.Errorf("%d requests by %s", merged.Requests, merged.Method)
	}
	t.Logf("%d conversations: %d requests for everything, %d when nothing had moved, %d for %d movements",
		conversations, whole.Requests, quiet.Requests, merged.Requests, conversations/100)
}

// Merges in a row, while conversations move during and between them.
func TestMergesInARowEqualASnapshot(t *testing.T) {
	conversations, rounds := 1500, 5
	if *large {
		conversations, rounds = 100_000, 30
	}
	still := false
	b := newBench(t, sim.Options{Users: 3, Conversations: conversations, Seed: 12, Drift: sim.Drift{Script: drift(&still)}})
	var requests, first int64
	for round := range rounds {
		got := b.apply(t, "merged", "merge", week)
		if first == 0 {
			first = got.Requests
			continue
		}
		requests += got.Requests
		b.churn(conversations/100, uint64(round), sim.Jump, sim.Jump, sim.Insert)
	}
	still = true
	requests += b.apply(t, "merged", "merge", week).Requests
	b.apply(t, "fresh", "snapshot", 0)
	missing, excess := differences(t, b.from("merged", snapshotFile), b.from("fresh", snapshotFile))
	if missing != "0" || excess != "0" {
		t.Errorf("after %d merges %s rows of the snapshot are missing, %s are not in it", rounds, missing, excess)
	}
	t.Logf("%d conversations: %d requests for everything, %d for %d merges", conversations, first, requests, rounds)

	// What is deleted, or changes without an activity, shows at a full proof.
	b.churn(conversations/50, 77, sim.Delete, sim.Edit)
	b.apply(t, "merged", "merge", week)
	b.apply(t, "fresh", "snapshot", 0)
	if _, excess = differences(t, b.from("merged", snapshotFile), b.from("fresh", snapshotFile)); excess == "0" {
		t.Error("an increment has seen what it cannot see")
	}
	b.apply(t, "merged", "merge", time.Nanosecond)
	if missing, excess = differences(t, b.from("merged", snapshotFile), b.from("fresh", snapshotFile)); missing != "0" || excess != "0" {
		t.Errorf("after a full proof %s rows of the snapshot are missing, %s are not in it", missing, excess)
	}
}

// drift moves a conversation before most reads, until it is told to stop.
func drift(still *bool) func(int) []sim.Movement {
	return func(step int) []sim.Movement {
		if *still || step%3 == 0 {
			return nil
		}
		kind := sim.Jump
		if step%4 == 0 {
			kind = sim.Insert
		}
		return []sim.Movement{{Kind: kind, Position: step * 7919}}
	}
}

// The README's view over the files of an append is the inbox as it is, but for
// what was deleted.
func TestTheViewOverAppendedFiles(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```sql\n(CREATE VIEW [^`]*QUALIFY[^`]*;)\n```").FindSubmatch(readme)
	if found == nil {
		t.Fatal("the README shows no view")
	}
	conversations, rounds := 1500, 4
	if *large {
		conversations, rounds = 100_000, 10
	}
	still := false
	b := newBench(t, sim.Options{Users: 3, Conversations: conversations, Seed: 13, Drift: sim.Drift{Script: drift(&still)}})
	for round := range rounds {
		b.apply(t, "out", "append", week)
		b.churn(conversations/100, uint64(round), sim.Jump, sim.Jump, sim.Insert, sim.Delete)
	}
	still = true
	b.apply(t, "out", "append", week)
	b.apply(t, "out", "append", week) // nothing is new
	b.apply(t, "fresh", "snapshot", 0)
	files, err := filepath.Glob(filepath.Join(b.dir, "out", "inbox_conversations", "*.parquet"))
	if err != nil || len(files) != rounds+1 {
		t.Errorf("%d files (%v)", len(files), err)
	}
	db := openDuckDB(t)
	view := strings.ReplaceAll(string(found[1]), "'out/", "'"+b.dir+"/out/")
	if _, err := db.ExecContext(t.Context(), view); err != nil {
		t.Fatalf("%s: %v", view, err)
	}
	const columns = "* EXCLUDE (fetched_at)"
	fresh := b.from("fresh", snapshotFile)
	expect(t, db, "0", fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM %s EXCEPT SELECT %s FROM inbox)", columns, fresh, columns))
	expect(t, db, "0", fmt.Sprintf("SELECT count(*) FROM (SELECT %s FROM inbox WHERE id IN (SELECT id FROM %s) EXCEPT SELECT %s FROM %s)", columns, fresh, columns, fresh))
	deleted := make(map[string]bool)
	for _, event := range b.team.Events() {
		if event.Kind == sim.Delete {
			deleted[event.ID] = true
		}
	}
	gone := query(t, db, fmt.Sprintf("SELECT id FROM inbox WHERE id NOT IN (SELECT id FROM %s)", fresh))
	for _, row := range gone {
		if !deleted[row[0]] {
			t.Errorf("%s is in the view, and was never deleted", row[0])
		}
	}
	if len(gone) == 0 {
		t.Error("nothing was deleted")
	}
	t.Logf("%d conversations, %d files, %s rows in them, %d deleted", conversations, len(files),
		one(t, db, "SELECT count(*) FROM "+b.from("out", "inbox_conversations/*.parquet")), len(deleted))
}
