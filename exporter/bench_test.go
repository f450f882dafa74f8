package exporter

import (
	"context"
	"iter"
	"maps"
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

const (
	// benchRows is how many rows a benchmark handles in one step.
	benchRows = 50_000
	// benchPage is how many rows a page of the API has.
	benchPage = 100
)

// benchParts are rows like the real ones, newest first, in records of a size.
func benchParts(table *schema.Table, size int) (parts []arrow.Record, bytes int64) {
	for from := 0; from < benchRows; from += size {
		part := recordtest.Plain(table, from, min(size, benchRows-from))
		parts = append(parts, part)
		bytes += util.TotalRecordSize(part)
	}
	return parts, bytes
}

// perRow measures a step that handles benchRows rows, of so many bytes in Arrow's
// form.
func perRow(b *testing.B, bytes int64, step func() error) {
	b.SetBytes(bytes)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	all := float64(b.N) * benchRows
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/row")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/row")
}

func drain(records iter.Seq2[arrow.Record, error]) error {
	for _, err := range records {
		if err != nil {
			return err
		}
	}
	return nil
}

func BenchmarkDigest(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := benchParts(table, batchRows)
	sums := NewDigester(table)
	perRow(b, bytes, func() error {
		for _, part := range parts {
			sums.Add(part)
		}
		return nil
	})
}

// BenchmarkSpoolAdd keeps pages and finds the rows to drop; BenchmarkSpoolRead
// gives the rows back.
func BenchmarkSpoolAdd(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := benchParts(table, benchPage)
	scratch := testScratch{b.TempDir()}
	perRow(b, bytes, func() error {
		return benchSpool(b.Context(), table, scratch, parts).close()
	})
}

func BenchmarkSpoolRead(b *testing.B) {
	table := schema.InboxConversations()
	parts, bytes := benchParts(table, benchPage)
	rows := benchSpool(b.Context(), table, testScratch{b.TempDir()}, parts)
	defer func() { _ = rows.close() }()
	perRow(b, bytes, func() error { return drain(rows.records(b.Context())) })
}

// benchSpool panics where a benchmark has nothing left to measure.
func benchSpool(ctx context.Context, table *schema.Table, scratch Scratch, parts []arrow.Record) *spool {
	rows, err := newSpool(scratch, table, limitsOf(DefaultMemory), 0)
	if err != nil {
		panic(err)
	}
	for _, part := range parts {
		if err := rows.add("usr_a", part); err != nil {
			panic(err)
		}
	}
	if err := rows.seal(ctx); err != nil {
		panic(err)
	}
	return rows
}

// BenchmarkMerge merges a hundredth, changed anywhere, into the rows of a file.
func BenchmarkMerge(b *testing.B) {
	table := schema.InboxConversations()
	parts, size := benchParts(table, batchRows)
	changed := benchSpool(b.Context(), table, testScratch{b.TempDir()}, []arrow.Record{benchChanged(table)})
	defer func() { _ = changed.close() }()
	found, err := changed.index.winners(changed.distinct)
	if err != nil {
		b.Fatal(err)
	}
	perRow(b, size, func() error {
		carried := &Manifest{SchemaVersion: table.Version, Rows: benchRows, Content: NewDigester(table).Content()}
		revision := newRevision(target{table: table, destination: nowhere{}}, carried, changed, maps.Clone(found), false)
		var failed error
		revision.merge(b.Context(), benchFile{parts: parts}, func(_ arrow.Record, err error) bool {
			failed = err
			return err == nil
		})
		if got := revision.changes.Updated; failed == nil && got != benchRows/100 {
			b.Fatalf("%d rows were updated", got)
		}
		return failed
	})
}

// benchChanged is every hundredth row with an activity of its own, later than all.
func benchChanged(table *schema.Table) arrow.Record {
	_, activity, _ := table.Column("last_activity_at")
	newest := recordtest.Plain(table, 0, 1).Column(activity).(*array.Timestamp).Value(0)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range benchRows / 100 {
		for i, column := range table.Columns {
			if i == activity {
				builder.Field(i).(*array.TimestampBuilder).Append(newest + arrow.Timestamp(benchRows-row))
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row*100)
		}
	}
	return builder.NewRecord()
}

// benchFile is a file whose rows are in memory.
type benchFile struct {
	DataFile
	parts []arrow.Record
}

// Records implements DataFile.
func (f benchFile) Records(context.Context, *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for _, part := range f.parts {
			if !yield(part, nil) {
				return
			}
		}
	}
}

// nowhere is a destination that has a name only.
type nowhere struct{ Destination }

// URL implements Destination.
func (nowhere) URL(name string) string { return name }
