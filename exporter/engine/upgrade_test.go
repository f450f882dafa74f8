package engine_test

import (
	"context"
	"iter"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// nextTable is a later version of the table: a column more, in the middle.
func nextTable() *schema.Table {
	now := schema.InboxConversations()
	next := &schema.Table{Name: now.Name, Version: 2, Description: now.Description, Columns: slices.Clone(now.Columns)}
	next.Columns = slices.Insert(next.Columns, 3, schema.Column{Name: "mood", Type: schema.String, ID: 90, Since: 2, Description: "Made up"})
	return next
}

// moody is a source whose pages are of the later version.
type moody struct{ exporter.Source }

func (m moody) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	return moodyWalk{m.Source.Walk(ctx, table, since, journal)}
}

type moodyWalk struct{ exporter.Walk }

func (m moodyWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		for page, err := range m.Walk.Pages() {
			if err == nil {
				builder := array.NewStringBuilder(memory.DefaultAllocator)
				for range page.Record.NumRows() {
					builder.Append("glad")
				}
				columns := slices.Insert(slices.Clone(page.Record.Columns()), 3, arrow.Array(builder.NewStringArray()))
				page.Record = array.NewRecord(nextTable().Arrow(), columns, page.Record.NumRows())
			}
			if !yield(page, err) {
				return
			}
		}
	}
}

func TestAMergeUpgradesAFileOfAnEarlierVersion(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 400})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	before := idsOf(t, b.file())
	b.churn(25, 4, sim.Jump, sim.Insert)

	b.wrap = func(source exporter.Source) exporter.Source { return moody{source} }
	run, err := b.Start(t.Context(), job, exporter.Unobserved{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	run.UseTable(nextTable())
	plan, err := run.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if changes := plan.Exports[0].SchemaChanges; len(changes) != 1 || changes[0] != "Schema version 1 of the file becomes version 2." || plan.Exports[0].Increment.Full != "" {
		t.Errorf("the plan: %q, %+v", changes, plan.Exports[0].Increment)
	}
	summary, err := run.Apply(t.Context(), plan, engine.ApplyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if m := summary.Exports[0].Manifest; m.SchemaVersion != 2 || m.Changes.Updated == 0 || m.Changes.Kept == 0 {
		t.Errorf("version %d, %+v", m.SchemaVersion, m.Changes)
	}
	body, err := os.Open(b.file())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = body.Close() }()
	data, err := parquet.Format{}.Open(body, summary.Exports[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	truth, rows := b.truth(), 0
	for rec, err := range data.Records(t.Context(), nextTable()) {
		if err != nil {
			t.Fatal(err)
		}
		ids, moods := rec.Column(0).(*array.String), rec.Column(3).(*array.String)
		times := rec.Column(6).(*array.Timestamp)
		for row := range int(rec.NumRows()) {
			rows++
			at := times.Value(row).ToTime(arrow.Microsecond)
			if !truth[ids.Value(row)].Equal(at) {
				t.Errorf("%s is of %v, want %v", ids.Value(row), at, truth[ids.Value(row)])
			}
			if old := before[ids.Value(row)].Equal(at); !old && moods.IsNull(row) {
				t.Errorf("%s was read and has no value in the new column", ids.Value(row))
			}
		}
		if moods.NullN() == 0 {
			t.Error("rows of the old file have a value in a column it did not have")
		}
	}
	if rows != len(truth) {
		t.Errorf("%d rows, %d conversations", rows, len(truth))
	}
}

// The same version with other columns cannot be read: everything is read anew.
func TestAMergeIntoAnotherSchemaReadsEverything(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 50})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	rows, manifest := load(t, b.file())
	manifest.SchemaFingerprint = "sha256:other"
	save(t, b.file(), tableOf(), records(rows), manifest)
	b.wrap = func(source exporter.Source) exporter.Source { return unproven{source} }
	if _, _, err := b.apply(t, job, engine.ApplyOptions{AllowIncomplete: true}); err == nil || exporter.Hint(err) == "" {
		t.Errorf("rows that cannot be read are replaced by a walk that is not proven: %v", err)
	}
	b.wrap = nil
	plan, summary := b.mustApply(t, job)
	if m := summary.Exports[0].Manifest; plan.Exports[0].Increment.Full == "" || m.Changes != nil || m.FullProof.RunID != m.RunID {
		t.Errorf("%+v, %+v", plan.Exports[0].Increment, m.Changes)
	}
	b.mustVerify(t, b.dir)
}

// A watermark that lies in the future would hide all that moves until then.
func TestAWatermarkOfTheFutureIsNotBelieved(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 50})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	rows, manifest := load(t, b.file())
	user := b.team.UserIDs()[0]
	manifest.Watermarks[user] = manifest.Window.FinishedAt.Add(2 * time.Hour)
	save(t, b.file(), tableOf(), records(rows), manifest)
	plan, summary := b.mustApply(t, job)
	if since := plan.Exports[0].Increment.Since; len(since) != 1 || summary.Proof.Partitions[0].Since != nil {
		t.Errorf("read since %v", since)
	}
}

func TestVerifyChecksTheLineage(t *testing.T) {
	b := newBench(t, sim.Options{Users: 2, Conversations: 300})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	b.churn(5, 1, sim.Jump)
	b.mustApply(t, job)
	user := b.team.UserIDs()[0]
	for name, change := range map[string]func(*exporter.Manifest){
		"a watermark that is ahead":           func(m *exporter.Manifest) { m.Watermarks[user] = m.Watermarks[user].Add(time.Second) },
		"a watermark that is missing":         func(m *exporter.Manifest) { delete(m.Watermarks, user) },
		"no full proof":                       func(m *exporter.Manifest) { m.FullProof = nil },
		"a full proof that is an increment":   func(m *exporter.Manifest) { m.FullProof.RunID = m.RunID },
		"a full proof of the future":          func(m *exporter.Manifest) { m.FullProof.FinishedAt = m.Window.FinishedAt.Add(time.Second) },
		"changes that do not add up":          func(m *exporter.Manifest) { m.Changes.Kept++ },
		"changes to a file that is not named": func(m *exporter.Manifest) { m.Previous = nil },
		"a floor above the watermark": func(m *exporter.Manifest) {
			m.Recent[user] = exporter.Recent{Floor: m.Watermarks[user].Add(time.Second)}
		},
		"rows that are cut off": func(m *exporter.Manifest) {
			m.Recent[user] = exporter.Recent{Floor: m.Watermarks[user], Rows: "AAAA"}
		},
		"a floor of a user without a watermark": func(m *exporter.Manifest) { m.Recent["usr_nobody"] = exporter.Recent{} },
	} {
		rows, manifest := load(t, b.file())
		change(&manifest)
		path := t.TempDir() + "/changed.parquet"
		save(t, path, tableOf(), records(rows), manifest)
		verified, err := b.Verify(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(verified.Checks, func(c engine.Check) bool { return c.Name == "lineage" && !c.OK }) {
			t.Errorf("%s: %+v", name, verified.Checks)
		}
	}
}

// The plan says how many requests an increment takes only when the first pages tell.
func TestThePlanOfAnIncrementInventsNoNumber(t *testing.T) {
	b := newBench(t, sim.Options{Users: 1, Conversations: 900, LimitMax: 100})
	job := in(exporter.ModeMerge, b.job(b.dir))
	b.mustApply(t, job)
	b.churn(60, 1, sim.Insert)
	plan, summary := b.mustApply(t, job)
	if plan.Requests == nil || *plan.Requests != summary.Proof.Requests {
		t.Errorf("%v planned, %d made", plan.Requests, summary.Proof.Requests)
	}
	b.churn(2000, 1, sim.Insert)
	if plan, summary = b.mustApply(t, job); plan.Requests != nil || plan.LeastTime != nil || summary.Proof.Requests < 2 {
		t.Errorf("%v planned, %d made", plan.Requests, summary.Proof.Requests)
	}
}
