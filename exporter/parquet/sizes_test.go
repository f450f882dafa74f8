package parquet

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go/compress/gzip"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// emptyTexts is a record whose lists of channels have so many empty strings each.
func emptyTexts(table *schema.Table, rows, elements int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range rows {
		for i, column := range table.Columns {
			if column.Name != "channels" {
				recordtest.AppendPlain(builder.Field(i), column, row)
				continue
			}
			list := builder.Field(i).(*array.ListBuilder)
			list.Append(true)
			texts := list.ValueBuilder().(*array.StringBuilder)
			for range elements {
				texts.Append("")
			}
		}
	}
	return builder.NewRecord()
}

// A response has 64 MiB at most, and an element of a list takes three bytes.
func TestAListOfAWholeResponseComesBack(t *testing.T) {
	table := recordtest.Small()
	want := emptyTexts(table, 1, 64<<20/3)
	got, err := decodeWith(Format{Budget: exporter.NewBudget(4 << 30)}, table, encode(t, table, 0, "", want))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !array.RecordEqual(got[0], want) {
		t.Error("it is another")
	}
}

func TestPagesAreBoundedByTheirElements(t *testing.T) {
	table := recordtest.Small()
	file := openFile(t, encode(t, table, 0, "", emptyTexts(table, 20, stepBytes/4)))
	offsets, err := file.RowGroups()[0].ColumnChunks()[4].OffsetIndex()
	if err != nil {
		t.Fatal(err)
	}
	if offsets.NumPages() < 2 {
		t.Error("they all are in one page")
	}
}

// A few bytes can be lists of many elements without text.
func TestRecordsAreBoundedByTheirElements(t *testing.T) {
	table := recordtest.Small()
	want := emptyTexts(table, 9, 1<<20)
	got, err := decode(table, encode(t, table, 0, "", want))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) < 3 {
		t.Errorf("%d records, the first of %d rows", len(got), got[0].NumRows())
	}
	recordtest.Same(t, table, got, []arrow.Record{want})
}

func TestAGzipBodyIsNotUnpackedFurtherThanItsSize(t *testing.T) {
	packed, err := new(gzip.Codec).Encode(nil, make([]byte, 256<<20))
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := newPageDecoder(bytes.NewReader(nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := decoder.decompress(format.Gzip, packed, 100); err == nil {
		t.Error("no error")
	}
	if runtime.ReadMemStats(&after); after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes were allocated", after.TotalAlloc-before.TotalAlloc)
	}
}

// In a text of a whole response, every byte can become U+FFFD.
func TestATextThreeTimesAsLongAsAResponseComesBack(t *testing.T) {
	table := recordtest.Small()
	want := named(table, 1, func(int) string { return strings.Repeat("\uFFFD", 64<<20) })
	got, err := decodeWith(Format{Budget: exporter.NewBudget(2 << 30)}, table, encode(t, table, 0, "", want))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || !array.RecordEqual(got[0], want) {
		t.Error("it is another")
	}
}
