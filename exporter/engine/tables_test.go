package engine_test

import (
	"context"
	"errors"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// manyTables is a source of conversations that has the other tables, too: each is one
// response with a row per id.
type manyTables struct {
	exporter.Source
	ids map[string][]string
	// refused are tables that the survey says cannot be read, denied those whose walk
	// fails, unproven those whose walk is not complete.
	refused, denied, unproven string
	// skipped is the list of a table that the API refuses.
	skipped string
	surveys int
	// whole makes the survey read the other tables as a whole, with this name in every row.
	whole string
}

func (m *manyTables) serve(b *bench) {
	b.wrap = func(source exporter.Source) exporter.Source {
		m.Source = source
		return m
	}
}

// Survey implements exporter.Source.
func (m *manyTables) Survey(ctx context.Context, tables []*schema.Table) (exporter.Survey, error) {
	m.surveys++
	survey, err := m.Source.Survey(ctx, []*schema.Table{schema.InboxConversations()})
	if err != nil {
		return survey, err
	}
	conversations := survey.Tables[0]
	survey.Tables = nil
	for _, table := range tables {
		if table.PartitionBy == schema.PartitionUser {
			survey.Tables = append(survey.Tables, conversations)
			continue
		}
		total, pages := int64(len(m.ids[table.Name])), int64(1)
		one := exporter.TableSurvey{Table: table.Name, Partitions: []exporter.PartitionSurvey{{TotalItems: &total, PerPage: total, Pages: &pages}}}
		if m.whole != "" {
			one = one.WithRows(m.rows(table, 2))
		}
		if table.Name == m.refused {
			one = exporter.TableSurvey{Table: table.Name, Error: "the API refuses it", Hint: "Ask an administrator."}
		}
		survey.Tables = append(survey.Tables, one)
	}
	return survey, nil
}

// Walk implements exporter.Source.
func (m *manyTables) Walk(ctx context.Context, table *schema.Table, since map[string]exporter.Mark, journal exporter.Journal) exporter.Walk {
	if table.PartitionBy == schema.PartitionUser {
		return m.Source.Walk(ctx, table, since, journal)
	}
	return &oneResponse{from: m, table: table}
}

// rows are those of a table, all fetched at that time.
func (m *manyTables) rows(of *schema.Table, fetched arrow.Timestamp) arrow.Record {
	table, _ := schema.Lookup(of.Name) // all columns, whatever an export leaves out
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for _, id := range m.ids[table.Name] {
		for i, column := range table.Columns {
			switch {
			case column.Role == schema.RoleKey:
				builder.Field(i).(*array.StringBuilder).Append(id)
			case column.Role == schema.RoleFetched:
				builder.Field(i).(*array.TimestampBuilder).Append(fetched)
			case column.Name == "name" && m.whole != "":
				builder.Field(i).(*array.StringBuilder).Append(m.whole)
			default:
				builder.Field(i).AppendNull()
			}
		}
	}
	return builder.NewRecord()
}

type oneResponse struct {
	from  *manyTables
	table *schema.Table
}

// Proof implements exporter.Walk.
func (w *oneResponse) Proof() exporter.Proof {
	if w.table.Name == w.from.unproven {
		return exporter.Proof{Requests: 1, Reasons: []string{"the response was cut off"}}
	}
	part := exporter.PartitionProof{Requests: 1, Complete: true, Method: "single response"}
	proof := exporter.Proof{Requests: 1, Complete: true, Method: "single response", Partitions: []exporter.PartitionProof{part}}
	if w.table.Name == w.from.skipped {
		proof.Skipped = []exporter.SkippedPartition{{Partition: "usr_9", Reason: "refused"}}
	}
	return proof
}

// Pages implements exporter.Walk.
func (w *oneResponse) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		if w.table.Name == w.from.denied {
			yield(exporter.Page{}, exporter.WithHint(errors.Join(errors.New("403 in the walk"), exporter.ErrNoAccess), "Ask."))
			return
		}
		rec := w.from.rows(w.table, 1)
		defer rec.Release()
		yield(exporter.Page{Number: 1, Record: rec}, nil)
	}
}

// threeTables is a job with an export of every table in one folder.
func threeTables(b *bench) exporter.Job {
	job := b.job(b.dir)
	for _, table := range []string{"team_users", "inbox_labels"} {
		other := job.Exports[0]
		other.Table = table
		job.Exports = append(job.Exports, other)
	}
	return job
}

func newManyTables(t *testing.T) (*bench, *manyTables) {
	b := newBench(t, sim.Options{Conversations: 40})
	source := &manyTables{ids: map[string][]string{"team_users": {"usr_2", "usr_1", "usr_2"}, "inbox_labels": {"lbl_1"}}}
	source.serve(b)
	return b, source
}

// verified are the tables of a folder whose files are as their manifests say.
func verified(t *testing.T, b *bench) []string {
	var tables []string
	for one, err := range b.VerifyEach(t.Context(), b.dir) {
		if err != nil || !one.OK() {
			t.Fatalf("verify: %v, %+v", err, one.Checks)
		}
		tables = append(tables, one.Manifest.Table)
	}
	slices.Sort(tables)
	return tables
}

func TestTablesOfOneJobShareASurveyAndHaveProofsOfTheirOwn(t *testing.T) {
	b, source := newManyTables(t)
	plan, summary := b.mustApply(t, threeTables(b))
	if source.surveys != 1 {
		t.Errorf("%d surveys", source.surveys)
	}
	if got := verified(t, b); !slices.Equal(got, []string{"inbox_conversations", "inbox_labels", "team_users"}) {
		t.Errorf("the folder has %v", got)
	}
	for i, rows := range []int64{40, 2, 1} {
		manifest := summary.Exports[i].Manifest
		if manifest.Rows != rows || !manifest.Proof.Complete || manifest.Proof.Rows != rows {
			t.Errorf("%s: %d rows, proof %+v", manifest.Table, manifest.Rows, manifest.Proof)
		}
	}
	if users := summary.Exports[1].Manifest.Proof; users.Duplicates != 1 || users.RowsRead != 3 || len(users.Partitions) != 1 || users.Method != "single response" {
		t.Errorf("the proof of the users is %+v", users)
	}
	if !summary.Proof.Complete || len(summary.Tables) != 3 || summary.Proof.Rows != 43 {
		t.Errorf("the summary is %+v", summary.Proof)
	}
	if len(plan.Tables) != 3 || *plan.Tables[1].Rows != 3 || *plan.Conversations < 40 || *plan.Requests != *plan.Tables[0].Requests+2 {
		t.Errorf("the plan has %+v", plan.Tables)
	}
	again, _ := b.mustApply(t, threeTables(b))
	for _, export := range again.Exports {
		// A name can change without a trace in the number of rows.
		if export.Unchanged != (export.Table == "inbox_conversations") {
			t.Errorf("%s: unchanged is %t", export.Table, export.Unchanged)
		}
	}
	file, err := b.OpenFile(t.Context(), b.dir)
	if err != nil || file.Manifest().Table != "inbox_conversations" {
		t.Fatalf("open: %v", err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

func TestATableThatTheSurveyReadsAsAWholeIsComparedRowByRow(t *testing.T) {
	for name, columns := range map[string]exporter.Columns{
		"all columns": {}, "hashed": columns(nil, []string{"name"}, aHashKey), "left out": columns([]string{"name"}, nil, ""),
	} {
		t.Run(name, func(t *testing.T) {
			b, source := newManyTables(t)
			source.whole = "Alice"
			job := threeTables(b)
			job.Exports = job.Exports[1:]
			for i := range job.Exports {
				job.Exports[i].Columns = columns
			}
			b.mustApply(t, job)
			unchanged := func() (got []bool) {
				plan, _ := b.mustApply(t, job)
				for _, export := range plan.Exports {
					got = append(got, export.Unchanged)
				}
				for _, one := range plan.Survey.Tables {
					if one.Rows() != nil {
						t.Errorf("the plan keeps the rows of %s", one.Table)
					}
				}
				return got
			}
			// The users have one row twice, and the file has it once: that is not the same.
			if got := unchanged(); !slices.Equal(got, []bool{false, true}) {
				t.Errorf("unchanged: %v", got)
			}
			source.whole = "Bob"
			if got := unchanged(); !slices.Equal(got, []bool{false, name == "left out"}) {
				t.Errorf("with another name, unchanged: %v", got)
			}
			source.ids["inbox_labels"] = append(source.ids["inbox_labels"], "lbl_2")
			if got := unchanged(); !slices.Equal(got, []bool{false, false}) {
				t.Errorf("with another row, unchanged: %v", got)
			}
		})
	}
}

// A proof of several tables claims no more than the proofs of all of them.
func TestTheProofOfSeveralTablesHasTheLimitsOfEach(t *testing.T) {
	b, source := newManyTables(t)
	source.skipped = "inbox_labels"
	_, summary := b.mustApply(t, threeTables(b))
	conversations := summary.Exports[0].Manifest.Proof
	if conversations.Margin == nil || summary.Proof.Margin == nil || *summary.Proof.Margin != *conversations.Margin {
		t.Errorf("the margin is %+v, not %+v", summary.Proof.Margin, conversations.Margin)
	}
	if skipped := summary.Proof.Skipped; len(skipped) != 1 || skipped[0].Partition != "usr_9" {
		t.Errorf("skipped are %+v", skipped)
	}
}

func TestATableThatCannotBeReadFailsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		spoil      func(*manyTables)
		incomplete bool
		text       string
	}{
		"the survey is refused":   {func(m *manyTables) { m.refused = "inbox_labels" }, false, "inbox_labels: the API refuses it"},
		"the walk is refused":     {func(m *manyTables) { m.denied = "inbox_labels" }, false, "inbox_labels: 403 in the walk"},
		"the walk is not proven":  {func(m *manyTables) { m.unproven = "inbox_labels" }, true, "inbox_labels: export is not proven complete"},
		"a table comes before it": {func(m *manyTables) { m.refused = "inbox_labels" }, false, "inbox_labels: the API refuses it"},
	} {
		t.Run(name, func(t *testing.T) {
			b, source := newManyTables(t)
			test.spoil(source)
			job := threeTables(b)
			if name == "a table comes before it" {
				slices.Reverse(job.Exports)
			}
			_, summary, err := b.apply(t, job, engine.ApplyOptions{})
			if err == nil || !strings.HasPrefix(err.Error(), test.text) || errors.Is(err, exporter.ErrIncomplete) != test.incomplete || exporter.Hint(err) == "" {
				t.Fatalf("apply: %v (%s)", err, exporter.Hint(err))
			}
			if got := verified(t, b); !slices.Equal(got, []string{"inbox_conversations", "team_users"}) {
				t.Errorf("the folder has %v", got)
			}
			if summary.Proof.Complete || len(summary.Exports) != 2 || summary.Wanted != 3 {
				t.Errorf("the summary says complete %t, %d of %d", summary.Proof.Complete, len(summary.Exports), summary.Wanted)
			}
			for _, table := range summary.Tables {
				if (table.Error != "") != (table.Table == "inbox_labels") {
					t.Errorf("%s: %q", table.Table, table.Error)
				}
			}
			if _, err := b.Verify(t.Context(), filepath.Join(b.dir, "inbox_labels.parquet")); err == nil {
				t.Error("the refused table has a file")
			}
		})
	}
}
