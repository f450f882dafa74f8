package plugin

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// through encodes records and reads the messages as one stream.
func through(t recordtest.T, of *arrow.Schema, records []arrow.Record) (got []arrow.Record, sizes []int) {
	t.Helper()
	head, err := schemaMessage(of)
	if err != nil {
		t.Fatal(err)
	}
	stream := bytes.NewBuffer(slices.Clone(head))
	encoder := newEncoder(of, head)
	var rows []int64
	for _, rec := range records {
		for batch, err := range encoder.encode(rec) {
			if err != nil {
				t.Fatal(err)
			}
			message, n := batch.GetArrowIpc(), batch.GetRows()
			stream.Write(message)
			sizes, rows = append(sizes, len(message)), append(rows, n)
			if len(message) > maxBatchBytes && n > 1 {
				t.Fatalf("a message of %d bytes and %d rows", len(message), n)
			}
		}
	}
	reader, err := ipc.NewReader(stream)
	if err != nil {
		t.Fatal(err)
	}
	for reader.Next() {
		rec := reader.Record()
		rec.Retain()
		if rec.NumRows() != rows[len(got)] {
			t.Fatalf("batch %d has %d rows, not %d", len(got), rec.NumRows(), rows[len(got)])
		}
		got = append(got, rec)
	}
	if reader.Err() != nil || len(got) != len(rows) {
		t.Fatalf("%d of %d batches: %v", len(got), len(rows), reader.Err())
	}
	return got, sizes
}

func TestRecordsComeOutOfTheMessagesAsTheyWentIn(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(1, 12).Draw(t, "rows")
		rec := recordtest.Any(t, table, rows)
		cuts := slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(0, rows), 0, 3).Draw(t, "cuts")))
		parts := slices.DeleteFunc(recordtest.Split(rec, cuts), func(part arrow.Record) bool { return part.NumRows() == 0 })
		got, _ := through(t, table.Arrow(), parts)
		recordtest.Same(t, table, got, []arrow.Record{rec})
	})
}

// Halves of halves of slices.
func TestALargeRecordIsSplitAndLosesNothing(t *testing.T) {
	table := recordtest.Small()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range 700 {
		for i, column := range table.Columns {
			if column.Name == "full_name" {
				builder.Field(i).(*array.StringBuilder).Append(strings.Repeat("n", row*row%20_011))
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row)
		}
	}
	builder.Field(3).(*array.StringBuilder).Append(strings.Repeat("m", 3<<20)) // one row above the bound
	for i, column := range table.Columns {
		if i != 3 {
			recordtest.AppendPlain(builder.Field(i), column, 700)
		}
	}
	rec := builder.NewRecord()
	sliced := rec.NewSlice(13, rec.NumRows())
	got, sizes := through(t, table.Arrow(), []arrow.Record{sliced, rec})
	recordtest.Same(t, table, got, []arrow.Record{sliced, rec})
	if len(sizes) < 8 || slices.Max(sizes) < 3<<20 {
		t.Errorf("messages of %v bytes", sizes)
	}
}

func TestASchemaComesOutOfItsMessageAsItWentIn(t *testing.T) {
	want := schema.InboxConversations().Arrow()
	body, err := schemaMessage(want)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ipc.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if got := reader.Schema(); !got.Equal(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
