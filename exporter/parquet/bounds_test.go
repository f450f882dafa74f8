package parquet

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// edgeRunes are those whose successor is longer, is a surrogate, or is none.
func edgeRunes() []rune {
	return []rune{0, 'a', '~', 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xfffe, 0xffff, 0x10000, 0x10fffe, utf8.MaxRune}
}

// edgeText is a text around the length of a bound, of edges mostly.
func edgeText() *rapid.Generator[string] {
	one := rapid.OneOf(rapid.SampledFrom(edgeRunes()), rapid.Rune())
	return rapid.OneOf(
		rapid.StringOfN(one, 0, -1, 80),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(string(rapid.SampledFrom(edgeRunes()).Draw(t, "rune")), rapid.IntRange(0, 70).Draw(t, "times")) +
				rapid.StringOfN(one, 0, 6, -1).Draw(t, "rest")
		}),
	)
}

func TestABoundIsShortAndOnTheRightSide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := edgeText().Draw(t, "text")
		for _, most := range []int{indexBytes, boundBytes} {
			low := below([]byte(text), most)
			if !utf8.Valid(low) || len(low) > most || !strings.HasPrefix(text, string(low)) || len(text) > most && len(low) <= most-utf8.UTFMax {
				t.Fatalf("%q is below %q", low, text)
			}
			high, ok := above([]byte(text), most)
			if !ok {
				if strings.Trim(text[:min(len(text), most)/4*4], "\U0010ffff") != "" {
					t.Fatalf("nothing is above %q", text)
				}
				continue
			}
			if !utf8.Valid(high) || len(high) > most || string(high) < text || (len(text) <= most) != (string(high) == text) {
				t.Fatalf("%q is above %q", high, text)
			}
		}
	})
}

func TestBoundsOfWhatIsNoUnicode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SliceOfN(rapid.OneOf(rapid.Byte(), rapid.Just(byte(0xff)), rapid.Just(byte(0x80))), 0, 90).Draw(t, "bytes")
		low := below(value, boundBytes)
		high, ok := above(value, boundBytes)
		if bytes.Compare(low, value) > 0 || len(low) > boundBytes || ok && (bytes.Compare(high, value) < 0 || len(high) > boundBytes) {
			t.Fatalf("%q and %q around %q", low, high, value)
		}
	})
}

// footerOf is the footer with the fields that the library does not know.
func footerOf(t recordtest.T, file []byte) fileMeta {
	t.Helper()
	tail, err := readTail(bytes.NewReader(file), int64(len(file)), (*exporter.Budget)(nil).Footer())
	if err != nil {
		t.Fatal(err)
	}
	var meta fileMeta
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), tail[:len(tail)-footerFrame], &meta); err != nil {
		t.Fatal(err)
	}
	return meta
}

// withIDs is a record whose ids are given, the key and one more.
func withIDs(table *schema.Table, ids []string) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row, id := range ids {
		for i, column := range table.Columns {
			if column.Name == "id" || column.Name == "team_id" {
				builder.Field(i).(*array.StringBuilder).Append(id)
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row)
		}
	}
	return builder.NewRecord()
}

// A flag that says exact is believed by readers that answer from the footer alone.
func TestTheBoundsOfAChunkSayWhetherTheyAreExact(t *testing.T) {
	table := recordtest.Small()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(edgeText(), 1, 8).Draw(t, "ids")
		options := exporter.ParquetOptions{Encoding: rapid.SampledFrom(encodings).Draw(t, "encoding")}
		file := encodePages(t, table, options, rapid.IntRange(1, 8).Draw(t, "page rows"), withIDs(table, ids))
		least, greatest := ids[0], ids[0]
		for _, id := range ids {
			least, greatest = min(least, id), max(greatest, id)
		}
		for _, chunk := range footerOf(t, file).RowGroups[0].Columns[:2] {
			s := chunk.MetaData.Statistics
			if s.MaxValue == nil {
				if s.MinValue != nil || s.MinExact.Valid || s.MaxExact.Valid || len(greatest) <= boundBytes {
					t.Fatalf("%q has no maximum, exact %+v, but a minimum %q", greatest, s.MaxExact, s.MinValue)
				}
				continue
			}
			if string(s.MinValue) > least || len(s.MinValue) > boundBytes || !s.MinExact.Valid || s.MinExact.V != (string(s.MinValue) == least) {
				t.Fatalf("the minimum of %q is %q, exact %+v", least, s.MinValue, s.MinExact)
			}
			if string(s.MaxValue) < greatest || len(s.MaxValue) > boundBytes || !s.MaxExact.Valid || s.MaxExact.V != (string(s.MaxValue) == greatest) {
				t.Fatalf("the maximum of %q is %q, exact %+v", greatest, s.MaxValue, s.MaxExact)
			}
		}
		for _, group := range openFile(t, file).RowGroups() {
			for _, chunk := range group.ColumnChunks()[:2] {
				index, err := chunk.ColumnIndex()
				if err != nil {
					t.Fatal(err)
				}
				for value, page := range valuesOf(t, chunk) {
					low, high := index.MinValue(page).ByteArray(), index.MaxValue(page).ByteArray()
					if bytes.Compare(low, value.ByteArray()) > 0 || bytes.Compare(high, value.ByteArray()) < 0 || max(len(low), len(high)) > indexBytes {
						t.Fatalf("%q is not between %q and %q", value, low, high)
					}
				}
			}
		}
		if got, err := decode(table, file); err != nil || !array.RecordEqual(recordtest.Join(t, table, got), recordtest.Join(t, table, []arrow.Record{withIDs(table, ids)})) {
			t.Fatalf("the rows are others: %v", err)
		}
	})
}

// An id of the size of a response is not in the footer.
func TestALongIDDoesNotSwellTheFooter(t *testing.T) {
	table := recordtest.Small()
	footer := func(ids ...string) int {
		file := encode(t, table, 0, "", withIDs(table, ids))
		return int(openFile(t, file).Size()) - int(firstPage(&openFile(t, file).Metadata().RowGroups[0].Columns[0].MetaData)) - int(openFile(t, file).Metadata().RowGroups[0].TotalCompressedSize)
	}
	if short, long := footer("a", "b"), footer(strings.Repeat("a", 300_000), strings.Repeat("\U0010ffff", 80_000)); long > short+4*boundBytes+2*indexBytes+64 {
		t.Errorf("two long ids add %d bytes", long-short)
	}
}

// Readers that count nulls by page headers count right.
func TestPageHeadersCountTheirNulls(t *testing.T) {
	table := schema.InboxConversations()
	file := encodePages(t, table, exporter.ParquetOptions{}, 100, recordtest.Plain(table, 0, 450))
	with := 0
	for i := range openFile(t, file).Metadata().RowGroups[0].Columns {
		meta := &openFile(t, file).Metadata().RowGroups[0].Columns[i].MetaData
		sum := int64(0)
		for left := file[firstPage(meta) : firstPage(meta)+meta.TotalCompressedSize]; len(left) > 0; {
			length, err := checkThrift(left)
			if err != nil {
				t.Fatal(err)
			}
			var header format.PageHeader
			if err := thrift.Unmarshal(new(thrift.CompactProtocol), left[:length], &header); err != nil {
				t.Fatal(err)
			}
			if page := header.DataPageHeaderV2.V; header.Type == format.DataPageV2 {
				if page.Statistics.NullCount != int64(page.NumNulls) {
					t.Errorf("column %d: %d nulls in the statistics of a page with %d", i, page.Statistics.NullCount, page.NumNulls)
				}
				sum += page.Statistics.NullCount
			}
			left = left[length+int(header.CompressedPageSize):]
		}
		if sum != meta.Statistics.NullCount {
			t.Errorf("column %d: its pages count %d nulls, its footer %d", i, sum, meta.Statistics.NullCount)
		}
		if sum > 0 {
			with++
		}
	}
	if with == 0 {
		t.Error("no column has nulls")
	}
}
