package parquet

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

func background() context.Context { return context.Background() }

var compressions = []string{"", "zstd", "snappy", "gzip", "none"}

func TestEveryRecordComesBackEqualHoweverItWasSplit(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.IntRange(0, 24).Draw(t, "rows")
		rec := recordtest.Any(t, table, rows)
		cuts := rapid.SliceOfN(rapid.IntRange(0, rows), 0, 4).Draw(t, "cuts")
		slices.Sort(cuts)
		groupRows := rapid.IntRange(1, 30).Draw(t, "row group")
		compression := rapid.SampledFrom(compressions).Draw(t, "compression")

		file := encode(t, table, groupRows, compression, recordtest.Split(rec, cuts)...)
		got, err := decode(table, file)
		if err != nil {
			t.Fatal(err)
		}
		recordtest.Same(t, table, got, []arrow.Record{rec})
	})
}

func TestTextOfAMebibyteInEveryColumnComesBack(t *testing.T) {
	table := schema.InboxConversations()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for i, column := range table.Columns {
		appendLarge(builder.Field(i), column)
	}
	want := builder.NewRecord()
	got, err := decode(table, encode(t, table, 0, "", recordtest.Plain(table, 0, 1), want, recordtest.Plain(table, 1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{recordtest.Plain(table, 0, 1), want, recordtest.Plain(table, 1, 1)})
}

func appendLarge(to array.Builder, column schema.Column) {
	switch to := to.(type) {
	case *array.StringBuilder:
		to.Append(strings.Repeat(column.Name[:2], 1<<19))
	case *array.ListBuilder:
		to.Append(true)
		appendLarge(to.ValueBuilder(), *column.Elem)
	case *array.StructBuilder:
		to.Append(true)
		for i, field := range column.Fields {
			appendLarge(to.FieldBuilder(i), field)
		}
	default:
		recordtest.AppendPlain(to, column, 0)
	}
}

func TestNullsBelowANullStructAreNotSeen(t *testing.T) {
	table := schema.InboxConversations()
	_, at, _ := table.Column("contact")
	full := recordtest.Plain(table, 0, 8)
	contact := full.Column(at).(*array.Struct)
	children := []arrow.ArrayData{contact.Field(0).Data(), contact.Field(1).Data(), contact.Field(2).Data()}
	bitmap := memory.NewBufferBytes([]byte{0b01010101})
	hidden := array.MakeFromData(array.NewData(contact.DataType(), 8, []*memory.Buffer{bitmap}, children, 4, 0))
	columns := slices.Clone(full.Columns())
	columns[at] = hidden

	got, err := decode(table, encode(t, table, 0, "", array.NewRecord(table.Arrow(), columns, 8)))
	if err != nil {
		t.Fatal(err)
	}
	back := got[0].Column(at)
	for row := range 8 {
		if back.IsNull(row) != (row%2 == 1) {
			t.Errorf("row %d: null is %t", row, back.IsNull(row))
		}
	}
}

func TestTheSameRecordsGiveTheSameBytes(t *testing.T) {
	table := schema.InboxConversations()
	for _, compression := range compressions {
		rec := recordtest.Plain(table, 0, 3000)
		first := encode(t, table, 1000, compression, rec)
		if second := encode(t, table, 1000, compression, rec); !bytes.Equal(first, second) {
			t.Errorf("%q: the files differ", compression)
		}
	}
}

// Also when pages and row groups end at different rows of the columns.
func TestAnyNumberOfWorkersWritesTheSameFile(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rec := recordtest.Any(t, table, rapid.IntRange(0, 24).Draw(t, "rows"))
		options := exporter.Export{Parquet: exporter.ParquetOptions{
			RowGroupSize: rapid.IntRange(1, 30).Draw(t, "row group"),
			Compression:  rapid.SampledFrom(compressions).Draw(t, "compression"),
			Encoding:     rapid.SampledFrom(encodings).Draw(t, "encoding"),
		}}
		rows, bytes := rapid.IntRange(1, 9).Draw(t, "page"), rapid.IntRange(8, 256).Draw(t, "page bytes")
		var files []string
		for _, workers := range []int{1, 2, 5} {
			var out strings.Builder
			created, err := Format{Workers: workers}.create(&out, newFile(t, table, options.Parquet), options, writeBuffer)
			if err != nil {
				t.Fatal(err)
			}
			created.limitPages(rows, bytes)
			if err := errors.Join(created.Write(background(), rec), created.Finish([]byte("{}"))); err != nil {
				t.Fatal(err)
			}
			files = append(files, out.String())
		}
		if files[0] != files[1] || files[0] != files[2] {
			t.Fatal("the files differ")
		}
	})
}

func TestRecordsAreBounded(t *testing.T) {
	table := schema.InboxConversations()
	t.Run("by rows", func(t *testing.T) {
		got, err := decode(table, encode(t, table, 0, "", recordtest.Plain(table, 0, batchRows+1)))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[0].NumRows() != batchRows || got[1].NumRows() != 1 {
			t.Errorf("%d records, the first of %d rows", len(got), got[0].NumRows())
		}
	})
	t.Run("by bytes", func(t *testing.T) {
		want := largeRecord(table, 9)
		got, err := decode(table, encode(t, table, 0, "", want))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got[0].NumRows() != 4 {
			t.Errorf("%d records, the first of %d rows", len(got), got[0].NumRows())
		}
		recordtest.Same(t, table, got, []arrow.Record{want})
	})
}

func TestRowGroupsEndAtTheirLimits(t *testing.T) {
	table := schema.InboxConversations()
	var out bytes.Buffer
	created, err := Format{}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: "none"}})
	if err != nil {
		t.Fatal(err)
	}
	created.(*sink).groupBytes = 3 << 20
	for range 8 {
		if err := created.Write(t.Context(), largeRecord(table, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := created.Finish(nil); err != nil {
		t.Fatal(err)
	}
	if got := groupRowsOf(t, out.Bytes()); !slices.Equal(got, []int64{3, 3, 2}) {
		t.Errorf("large rows are in groups of %d", got)
	}
	if got := groupRowsOf(t, encode(t, table, 40, "", recordtest.Plain(table, 0, 50), recordtest.Plain(table, 50, 50))); !slices.Equal(got, []int64{40, 40, 20}) {
		t.Errorf("rows are in groups of %d", got)
	}
}

// largeRecord has rows of 1 MiB.
func largeRecord(table *schema.Table, rows int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range rows {
		for i, column := range table.Columns {
			if column.Type == schema.JSON {
				builder.Field(i).(*array.StringBuilder).Append(`{"k":"` + strings.Repeat("x", 1<<20) + `"}`)
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row)
		}
	}
	return builder.NewRecord()
}

func TestACancelledContextStopsWritingAndReading(t *testing.T) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, 10)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()

	created, err := Format{}.Create(new(bytes.Buffer), table, exporter.Export{})
	if err != nil {
		t.Fatal(err)
	}
	if err := created.Write(cancelled, rec); !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
	if err := created.Finish(nil); !errors.Is(err, context.Canceled) {
		t.Errorf("finish after a failed write: %v", err)
	}

	file := encode(t, table, 0, "", rec)
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range opened.Records(cancelled, table) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("read: %v", err)
		}
	}
}
