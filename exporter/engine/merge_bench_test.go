package engine

import (
	"context"
	"iter"
	"maps"
	"os"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// benchBatch is how many rows a record of a file has.
const benchBatch = 4096

// benchScratch makes real temporary files.
type benchScratch struct{ folder string }

// File implements Scratch.
func (s benchScratch) File() (exporter.ScratchFile, error) { return os.CreateTemp(s.folder, "sorter") }

// Room implements Scratch.
func (benchScratch) Room(int64) error { return nil }

// BenchmarkMerge merges a hundredth, changed anywhere, into the rows of a file.
func BenchmarkMerge(b *testing.B) {
	table := schema.InboxConversations()
	parts, size := recordtest.Parts(table, benchBatch)
	temporary := (&Engine{Scratch: benchScratch{b.TempDir()}}).temporary()
	sorter, err := temporary.sorter(table, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = sorter.Close() }()
	changed := benchChanged(table)
	keys, err := table.Keys(changed)
	if err != nil {
		b.Fatal(err)
	}
	if err := sorter.Add("usr_a", changed, keys); err != nil {
		b.Fatal(err)
	}
	sorted, err := sorter.Sorted(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	found := make(map[schema.IDHash]foundRow)
	if err := sorted.Index().Winners(func(id schema.IDHash, version int64) { found[id] = foundRow{version: version} }); err != nil {
		b.Fatal(err)
	}
	recordtest.PerRow(b, size, func() error {
		carried := &exporter.Manifest{SchemaVersion: table.Version, Rows: recordtest.BenchRows, Content: contentOf(rows.NewDigester(table).Digest())}
		revision := newRevision(target{table: table, destination: nowhere{}}, head{manifest: carried}, sorted, maps.Clone(found), false)
		for _, err := range revision.merged(b.Context(), benchFile{parts: parts}.Records(b.Context(), table)) {
			if err != nil {
				return err
			}
		}
		if got := revision.changes.Updated; got != recordtest.BenchRows/100 {
			b.Fatalf("%d rows were updated", got)
		}
		return nil
	})
}

// benchChanged is every hundredth row with an activity of its own, later than all.
func benchChanged(table *schema.Table) arrow.Record {
	_, activity, _ := table.Column("last_activity_at")
	newest := recordtest.Plain(table, 0, 1).Column(activity).(*array.Timestamp).Value(0)
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range recordtest.BenchRows / 100 {
		for i, column := range table.Columns {
			if i == activity {
				builder.Field(i).(*array.TimestampBuilder).Append(newest + arrow.Timestamp(recordtest.BenchRows-row))
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row*100)
		}
	}
	return builder.NewRecord()
}

// benchFile is a file whose rows are in memory.
type benchFile struct {
	exporter.DataFile
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
type nowhere struct{ exporter.Destination }

// URL implements Destination.
func (nowhere) URL(name string) string { return name }
