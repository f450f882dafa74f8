package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/arrowipc"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
	"github.com/lemexport/lemexport/schema"
)

// bench is an engine with its real adapters around a simulated team.
type bench struct {
	*engine.Engine
	team *sim.Server
	dir  string
	// wrap, when set, changes the source.
	wrap func(exporter.Source) exporter.Source
	// clock is the engine's, which may change while it runs.
	clock func() time.Time
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
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
		for _, violation := range team.Violations() {
			t.Error(violation)
		}
	})
	b := &bench{team: team, dir: filepath.Join(t.TempDir(), "out"), clock: time.Now}
	var runs atomic.Int64
	margin := exporter.DefaultMargin()
	margin.Settle = 10 * time.Millisecond // one server answers, and does not lag
	b.Engine = &engine.Engine{
		OpenSource: func(_ context.Context, config exporter.SourceConfig, obs exporter.Observer) (exporter.Source, error) {
			source, err := lemlist.Open(lemlist.Options{
				Endpoint: running.URL(), Key: exporter.NewSecret(team.Key()), Users: config.Users, Observer: obs, Unlimited: true, Margin: margin,
			})
			if err != nil || b.wrap == nil {
				return source, err
			}
			return b.wrap(source), nil
		},
		OpenDestination: store.Open,
		Formats:         map[string]exporter.Format{"parquet": parquet.Format{Version: "test"}, "arrow": arrowipc.Format{}},
		Scratch:         scratch.New(t.TempDir()),
		ReadJournal:     lemlist.Kept,
		Tool:            exporter.Tool{Name: "lemexport", Version: "test"},
		Now:             func() time.Time { return b.clock() },
		NewRunID:        func() string { return fmt.Sprint("run-", runs.Add(1)) },
	}
	return b
}

func (b *bench) job(folders ...string) exporter.Job {
	job := exporter.Job{Source: exporter.SourceConfig{Type: "lemlist", APIKey: exporter.NewSecret(b.team.Key())}}
	for _, folder := range folders {
		job.Exports = append(job.Exports, exporter.Export{
			Table: "inbox_conversations", Destination: folder, Format: "parquet", Mode: "snapshot",
			Parquet: exporter.ParquetOptions{Compression: "zstd"},
		})
	}
	return job
}

func (b *bench) file() string { return filepath.Join(b.dir, "inbox_conversations.parquet") }

// apply plans and applies.
func (b *bench) apply(t *testing.T, job exporter.Job, options engine.ApplyOptions) (engine.Plan, engine.Summary, error) {
	t.Helper()
	run, err := b.Start(t.Context(), job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	plan, err := run.Plan(t.Context())
	if err != nil {
		return plan, engine.Summary{}, err
	}
	summary, err := run.Apply(t.Context(), plan, options)
	return plan, summary, err
}

func (b *bench) mustApply(t *testing.T, job exporter.Job) (engine.Plan, engine.Summary) {
	t.Helper()
	plan, summary, err := b.apply(t, job, engine.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return plan, summary
}

func (b *bench) mustVerify(t *testing.T, location string) engine.Verification {
	t.Helper()
	verified, err := b.Verify(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range verified.Checks {
		if !check.OK {
			t.Errorf("verify: %s: %s", check.Name, check.Detail)
		}
	}
	return verified
}

// idsOf reads the ids of a committed file with their versions.
func idsOf(t *testing.T, path string) map[string]time.Time {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	data, err := parquet.Format{}.Open(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	table := schema.InboxConversations()
	_, id, _ := table.Column("id")
	_, at, _ := table.Column("last_activity_at")
	found := make(map[string]time.Time)
	for rec, err := range data.Records(t.Context(), table) {
		if err != nil {
			t.Fatal(err)
		}
		for row := range int(rec.NumRows()) {
			found[strings.Clone(rec.Column(id).(*array.String).Value(row))] =
				rec.Column(at).(*array.Timestamp).Value(row).ToTime(arrow.Microsecond).UTC()
		}
	}
	return found
}

func TestAnExportHoldsEveryConversationOnceInItsNewestVersion(t *testing.T) {
	b := newBench(t, sim.Options{Users: 4, Conversations: 700, Seed: 3, TypeSurprises: true, LoneSurrogates: true})
	plan, summary := b.mustApply(t, b.job(b.dir))
	want := make(map[string]time.Time)
	for _, conversation := range b.team.Conversations() {
		want[conversation.ID] = conversation.LastActivityAt.UTC()
	}
	if diff := gocmp.Diff(want, idsOf(t, b.file())); diff != "" {
		t.Errorf("conversations (-want +got):\n%s", diff)
	}
	proof := summary.Proof
	if !proof.Complete || proof.Rows != int64(len(want)) || proof.RowsRead != proof.Rows+proof.Duplicates+proof.Superseded {
		t.Errorf("the proof does not add up: %+v", proof)
	}
	if plan.Requests == nil || *plan.Requests != proof.Requests {
		t.Errorf("the plan says %v requests, the walk took %d", plan.Requests, proof.Requests)
	}
	if plan.Conversations == nil || *plan.Conversations < proof.Rows {
		t.Errorf("the plan says at most %v conversations, there were %d", plan.Conversations, proof.Rows)
	}
	verified := b.mustVerify(t, b.dir)
	if diff := gocmp.Diff(summary.Exports[0].Manifest, verified.Manifest); diff != "" {
		t.Errorf("the manifest of the file (-committed +read):\n%s", diff)
	}
	if !verified.Manifest.Simulated {
		t.Error("the manifest does not say that the data is simulated")
	}
	info, err := os.Stat(b.file())
	if err != nil || info.Size() != summary.Exports[0].Bytes {
		t.Errorf("the summary says %d bytes: %v, %v", summary.Exports[0].Bytes, info, err)
	}
}

func TestAnEmptyInboxIsAnEmptyTable(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: sim.None})
	_, summary := b.mustApply(t, b.job(b.dir))
	if summary.Proof.Rows != 0 || !summary.Proof.Complete {
		t.Errorf("proof: %+v", summary.Proof)
	}
	b.mustVerify(t, b.file())
}

func TestAnUnchangedInboxHasTheSameContentHash(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 120})
	first, one := b.mustApply(t, b.job(b.dir))
	second, two := b.mustApply(t, b.job(b.dir))
	if one.Exports[0].Manifest.Content.SHA256 != two.Exports[0].Manifest.Content.SHA256 {
		t.Error("the content hash differs")
	}
	if first.Exports[0].Unchanged || first.Exports[0].Action != engine.ActionCreate {
		t.Errorf("the first plan: %+v", first.Exports[0])
	}
	if !second.Exports[0].Unchanged || second.Pending() || second.Exports[0].Action != engine.ActionReplace {
		t.Errorf("the second plan sees changes where there are none: %+v", second.Exports[0])
	}
	b.team.Move(sim.Movement{Kind: sim.Jump, Position: 50})
	third, three := b.mustApply(t, b.job(b.dir))
	if third.Exports[0].Unchanged || !third.Pending() {
		t.Error("the third plan does not see a conversation that jumped")
	}
	if three.Exports[0].Manifest.Content.SHA256 == two.Exports[0].Manifest.Content.SHA256 {
		t.Error("the content hash does not see a conversation that jumped")
	}
}

func TestOneWalkServesEveryExport(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 150})
	other := filepath.Join(t.TempDir(), "other")
	before := len(b.team.Calls())
	_, summary := b.mustApply(t, b.job(b.dir, other))
	calls := int64(len(b.team.Calls()) - before)
	if plan := int64(1 + len(summary.Proof.Partitions)); calls != plan+summary.Proof.Requests {
		t.Errorf("%d requests for two exports: more than a plan (%d) and one walk (%d)", calls, plan, summary.Proof.Requests)
	}
	if len(summary.Exports) != 2 {
		t.Fatalf("%d exports", len(summary.Exports))
	}
	one, two := b.mustVerify(t, b.dir), b.mustVerify(t, other)
	if one.Manifest.Content.SHA256 != two.Manifest.Content.SHA256 {
		t.Error("the two files differ")
	}
}

// crowded is a folder on a disk with a little room.
type crowded struct {
	*scratch.Scratch
	asked int64
}

// Room implements exporter.Scratch.
func (c *crowded) Room(bytes int64) error {
	c.asked = bytes
	return c.Scratch.Room(bytes << 40)
}

func TestADiskThatIsTooSmallIsNoticedBeforeTheWalk(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 300})
	disk := &crowded{Scratch: scratch.New(t.TempDir())}
	b.Scratch = disk
	plan, summary, err := b.apply(t, b.job(b.dir), engine.ApplyOptions{})
	if err == nil || !strings.Contains(err.Error(), "free space") || exporter.Hint(err) == "" || summary.Proof.Requests != 0 {
		t.Errorf("got %v after %d requests", err, summary.Proof.Requests)
	}
	if disk.asked != 100**plan.Conversations {
		t.Errorf("asked for room for %d bytes, the plan has %d conversations", disk.asked, *plan.Conversations)
	}
	if _, err := os.Stat(b.file()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file: %v", err)
	}
}
