package engine_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store/journal"
)

// version is a row as a host tells it from others.
type version struct {
	id string
	at time.Time
}

// heard keeps the events that a host has to know.
type heard struct {
	over         []string
	notResumable int
}

func (h *heard) Observe(event exporter.Event) {
	switch event := event.(type) {
	case exporter.StartedOver:
		h.over = append(h.over, event.Reason)
	case exporter.NotResumable:
		h.notResumable++
	}
}

// readPart reads so many batches, all for a negative number, and returns the
// rows and the checkpoints, one a batch.
func (b *bench) readPart(t *testing.T, job exporter.Job, options engine.ReadOptions, batches int) (
	rows [][]version, marks []*engine.Checkpoint, summary engine.ReadSummary, told heard, err error,
) {
	t.Helper()
	run, err := b.StartReading(t.Context(), job, &told)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}()
	reading, err := run.Read("inbox_conversations", options)
	if err != nil {
		t.Fatal(err)
	}
	for batch, failed := range reading.Batches(t.Context()) {
		if failed != nil {
			err = failed
			break
		}
		rows, marks = append(rows, versionsOf(batch.Record)), append(marks, batch.Checkpoint)
		if len(rows) == batches {
			break
		}
	}
	return rows, marks, reading.Summary(), told, err
}

func versionsOf(rec arrow.Record) []version {
	id := rec.Column(rec.Schema().FieldIndices("id")[0]).(*array.String)
	at := rec.Column(rec.Schema().FieldIndices("last_activity_at")[0]).(*array.Timestamp)
	var rows []version
	for i := range int(rec.NumRows()) {
		rows = append(rows, version{strings.Clone(id.Value(i)), at.Value(i).ToTime(arrow.Microsecond).UTC()})
	}
	return rows
}

// newestOf is what a host keeps: the greatest version of an id.
func newestOf(rows [][]version) map[string]time.Time {
	kept := make(map[string]time.Time)
	for _, one := range slices.Concat(rows...) {
		if at, ok := kept[one.id]; !ok || !one.at.Before(at) {
			kept[one.id] = one.at
		}
	}
	return kept
}

func (b *bench) newestVersions() map[string]time.Time {
	all := make(map[string]time.Time)
	for _, conversation := range b.team.Conversations() {
		all[conversation.ID] = conversation.LastActivityAt.UTC()
	}
	return all
}

func (b *bench) resumable(t *testing.T) {
	t.Helper()
	b.Workspace = journal.NewWorkspace(filepath.Join(t.TempDir(), "work"))
}

// However often a reading is cut short, and from whichever of its checkpoints it
// goes on: what was delivered together is what one reading delivers.
func TestReadingsThatGoOnDeliverWhatOneReadingDelivers(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 50, LimitMax: 10})
	whole, _, uncut, _, err := b.readPart(t, b.job(), engine.ReadOptions{}, -1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(b.newestVersions(), newestOf(whole)); diff != "" {
		t.Fatalf("conversations (-want +got):\n%s", diff)
	}
	rapid.Check(t, func(r *rapid.T) {
		b.resumable(t)
		var options engine.ReadOptions
		var kept [][]version
		again := 0
		for cut := range rapid.IntRange(1, 3).Draw(r, "cuts") {
			left := len(whole) - len(kept)
			rows, marks, _, told, err := b.readPart(t, b.job(), options, rapid.IntRange(1, max(1, left-2)).Draw(r, "batches"))
			if err != nil || len(told.over) > 0 {
				r.Fatalf("reading %d: %v, started over: %v", cut, err, told.over)
			}
			if len(marks) == 0 || marks[len(marks)-1] == nil {
				break // the first page has no checkpoint before it is in the journal
			}
			// The host stored all but the last few.
			stored := rapid.IntRange(1, len(marks)).Draw(r, "stored")
			if marks[stored-1] == nil {
				break
			}
			kept = append(kept, rows[:stored]...)
			if stored == len(marks) {
				again += len(rows[stored-1]) // not in the journal yet: it is delivered again
			}
			options.From = roundTrip(t, marks[stored-1])
		}
		rest, _, summary, told, err := b.readPart(t, b.job(), options, -1)
		if err != nil {
			r.Fatal(err)
		}
		if options.From != nil && (len(told.over) > 0 || summary.Proof.Resumed == 0) {
			r.Errorf("started over: %v, resumed %d pages", told.over, summary.Proof.Resumed)
		}
		all := append(kept, rest...)
		if options.From == nil {
			all = rest
		}
		if diff := gocmp.Diff(newestOf(whole), newestOf(all)); diff != "" {
			r.Errorf("(-one reading +several):\n%s", diff)
		}
		proof := summary.Proof
		if twice := len(slices.Concat(all...)) - int(proof.RowsRead); twice < 0 || twice > again {
			r.Errorf("%d rows, the walk has read %d, and %d may come again", len(slices.Concat(all...)), proof.RowsRead, again)
		}
		if !proof.Complete || proof.Rows != uncut.Proof.Rows || proof.RowsRead != proof.Rows+proof.Duplicates+proof.Superseded {
			r.Errorf("the proof is %+v", proof)
		}
	})
}

func roundTrip(t *testing.T, checkpoint *engine.Checkpoint) *engine.Checkpoint {
	t.Helper()
	text, err := checkpoint.MarshalText()
	again := new(engine.Checkpoint)
	if err == nil {
		err = again.UnmarshalText(text)
	}
	if err != nil || *again != *checkpoint {
		t.Fatalf("%+v becomes %s, %+v: %v", checkpoint, text, again, err)
	}
	return again
}

func TestAReadingStartsOverWhenItsCheckpointIsOfNoUse(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, b *bench, job *exporter.Job, from *engine.Checkpoint)
		want   string
	}{
		"the journal is gone":  {func(t *testing.T, b *bench, _ *exporter.Job, _ *engine.Checkpoint) { b.resumable(t) }, "is gone"},
		"no journals are kept": {func(_ *testing.T, b *bench, _ *exporter.Job, _ *engine.Checkpoint) { b.Workspace = nil }, "no journal to resume from"},
		"another configuration": {func(_ *testing.T, b *bench, job *exporter.Job, _ *engine.Checkpoint) {
			job.Source.Users = b.team.UserIDs()[:1]
		}, "another configuration"},
		"another version": {func(_ *testing.T, b *bench, _ *exporter.Job, _ *engine.Checkpoint) { b.Tool.Version = "next" }, "another configuration, team or version"},
		"a later reading of the same": {func(_ *testing.T, _ *bench, _ *exporter.Job, from *engine.Checkpoint) {
			from.Mark = "0123456789abcdef"
		}, "of another reading"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 2, Conversations: 120, LimitMax: 10})
			b.resumable(t)
			job := b.job()
			_, marks, _, _, err := b.readPart(t, job, engine.ReadOptions{}, 6)
			if err != nil || marks[5] == nil {
				t.Fatal(err, marks)
			}
			from := *marks[5]
			test.change(t, b, &job, &from)
			rows, _, _, told, err := b.readPart(t, job, engine.ReadOptions{From: &from}, -1)
			if err != nil {
				t.Fatal(err)
			}
			if len(told.over) != 1 || !strings.Contains(told.over[0], test.want) {
				t.Errorf("told %q, not %q", told.over, test.want)
			}
			want := b.newestVersions()
			if job.Source.Users != nil {
				want = make(map[string]time.Time)
				for _, one := range b.team.List(job.Source.Users[0]) {
					want[one.ID] = one.LastActivityAt.UTC()
				}
			}
			if diff := gocmp.Diff(want, newestOf(rows)); diff != "" {
				t.Errorf("conversations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnceDeliversEveryConversationOnceNewestFirst(t *testing.T) {
	b := newBench(t, sim.Options{Users: 3, Conversations: 250})
	b.resumable(t)
	rows, marks, summary, _, err := b.readPart(t, b.job(), engine.ReadOptions{Once: true}, -1)
	if err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(rows...)
	if diff := gocmp.Diff(b.newestVersions(), newestOf(rows)); diff != "" || len(all) != 250 || summary.Proof.Rows != 250 {
		t.Errorf("%d rows, proof %+v (-want +got):\n%s", len(all), summary.Proof, diff)
	}
	if !slices.IsSortedFunc(all, func(a, b version) int { return b.at.Compare(a.at) }) {
		t.Error("the newest is not first")
	}
	if slices.ContainsFunc(marks, func(mark *engine.Checkpoint) bool { return mark != nil }) {
		t.Errorf("checkpoints: %v", marks)
	}
}

func TestAReadingThatIsNotProvenFails(t *testing.T) {
	for _, once := range []bool{false, true} {
		b := newBench(t, sim.Options{Users: 1, Conversations: 30, LimitMax: 10, Total: sim.TotalNoisy, Drift: sim.Drift{Jumps: 4, Inserts: 4, Deletes: 4}})
		b.resumable(t)
		rows, _, summary, _, err := b.readPart(t, b.job(), engine.ReadOptions{Once: once}, -1)
		if !errors.Is(err, exporter.ErrIncomplete) || summary.Proof.Complete || once != (len(rows) == 0) {
			t.Errorf("once %t: %d batches, %v, %+v", once, len(rows), err, summary.Proof)
		}
	}
}

func TestAReadingObeysTheColumns(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 60})
	job := b.both(columns([]string{"last_sent_message_preview", "extra"}, []string{"contact.email"}, aHashKey), b.dir)
	for _, once := range []bool{false, true} {
		run, err := b.StartReading(t.Context(), job, exporter.Unobserved{})
		if err != nil {
			t.Fatal(err)
		}
		reading, err := run.Read("inbox_conversations", engine.ReadOptions{Once: once})
		if err != nil {
			t.Fatal(err)
		}
		for batch, err := range reading.Batches(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if !batch.Record.Schema().Equal(reading.Table().Arrow()) || batch.Record.Schema().HasField("extra") {
				t.Fatalf("the schema is %v", batch.Record.Schema())
			}
			if text := fmt.Sprint(batch.Record); strings.Contains(text, "@example.com") {
				t.Fatal("an address is there")
			}
		}
		if err := run.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatIsNoCheckpointIsRefused(t *testing.T) {
	for _, text := range []string{"", "null", "{}", "[]", `{"v":2,"journal":"a","mark":"b","pages":1}`, `{"v":1,"journal":"a","mark":"b"}`, `{"v":1,"journal":"a","pages":1}`} {
		if err := new(engine.Checkpoint).UnmarshalText([]byte(text)); err == nil || exporter.Hint(err) == "" {
			t.Errorf("%q is taken, or the error has no hint: %v", text, err)
		}
	}
}
