package parquet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// named is a record of the small table whose full names are given.
func named(table *schema.Table, rows int, name func(row int) string) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := range rows {
		for i, column := range table.Columns {
			if column.Name == "full_name" {
				builder.Field(i).(*array.StringBuilder).Append(name(row))
				continue
			}
			recordtest.AppendPlain(builder.Field(i), column, row)
		}
	}
	return builder.NewRecord()
}

func TestADictionaryIsKeptWhereValuesRepeat(t *testing.T) {
	const group, page = 12_000, 4000
	dictionary := format.PageEncodingStats{PageType: format.DictionaryPage, Encoding: format.Plain, Count: 1}
	indexes := func(pages int32) format.PageEncodingStats {
		return format.PageEncodingStats{PageType: format.DataPageV2, Encoding: format.RLEDictionary, Count: pages}
	}
	text := func(pages int32) format.PageEncodingStats {
		return format.PageEncodingStats{PageType: format.DataPageV2, Encoding: format.Plain, Count: pages}
	}
	few := func(row int) string { return fmt.Sprintf("name %d", row%1000) }
	for name, test := range map[string]struct {
		name func(row int) string
		want [][]format.PageEncodingStats
	}{
		"few values": {few, [][]format.PageEncodingStats{{dictionary, indexes(3)}, {dictionary, indexes(3)}}},
		"all distinct": {func(row int) string { return fmt.Sprintf("name %d", row) },
			[][]format.PageEncodingStats{{text(3)}, {text(3)}}},
		"distinct from the second page on, in the first row group": {func(row int) string {
			if row >= page && row < group {
				return fmt.Sprintf("new %d", row)
			}
			return few(row)
		}, [][]format.PageEncodingStats{{dictionary, text(2), indexes(1)}, {dictionary, indexes(3)}}},
		"one distinct page between": {func(row int) string {
			if row >= page && row < 2*page {
				return fmt.Sprintf("new %d", row)
			}
			return few(row)
		}, [][]format.PageEncodingStats{{dictionary, text(2), indexes(1)}, {dictionary, indexes(3)}}},
		"a few new values on every page, in all too many": {func(row int) string {
			return fmt.Sprintf("name %d", row/page*1900+row%1900)
		}, [][]format.PageEncodingStats{{dictionary, text(1), indexes(2)}, {dictionary, text(1), indexes(2)}}},
		"too many bytes": {func(row int) string { return fmt.Sprint(row%500) + strings.Repeat("x", dictionaryBytes/400) },
			[][]format.PageEncodingStats{{text(3)}, {text(3)}}},
	} {
		t.Run(name, func(t *testing.T) {
			table := recordtest.Small()
			rec := named(table, 2*group, test.name)
			var out bytes.Buffer
			created, err := Format{}.create(&out, newFile(t, table, exporter.ParquetOptions{}), exporter.Export{Parquet: exporter.ParquetOptions{Bloom: []string{"full_name"}, RowGroupSize: group}}, writeBuffer)
			if err != nil {
				t.Fatal(err)
			}
			created.limitPages(page, 1<<30)
			created.groupBytes = 1 << 30
			if err := created.Write(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
			if err := created.Finish([]byte("{}")); err != nil {
				t.Fatal(err)
			}
			got, err := decode(table, out.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			recordtest.Same(t, table, got, []arrow.Record{rec})
			leaf := newFile(t, table, exporter.ParquetOptions{}).leaf(schema.RoleDisplayName)
			for number, group := range openFile(t, out.Bytes()).Metadata().RowGroups {
				if stats := group.Columns[leaf].MetaData.EncodingStats; !slices.Equal(stats, test.want[number]) {
					t.Errorf("row group %d has %v instead of %v", number, stats, test.want[number])
				}
			}
			checkFilter(t, openFile(t, out.Bytes()), leaf)
		})
	}
}

// checkFilter looks for every value of a column in its filters, and for values that are not there.
func checkFilter(t *testing.T, file *parquet.File, leaf int) {
	t.Helper()
	const strangers = 5000
	for number, group := range file.RowGroups() {
		chunk := group.ColumnChunks()[leaf]
		filter := chunk.BloomFilter()
		if filter == nil {
			t.Fatalf("row group %d has no filter", number)
		}
		for value := range valuesOf(t, chunk) {
			if in, err := filter.Check(value); err != nil || !in {
				t.Fatalf("row group %d: %.40s is not in the filter: %v", number, value, err)
			}
		}
		passed := 0
		for n := range strangers {
			if in, _ := filter.Check(parquet.ValueOf(fmt.Sprintf("stranger %d", n))); in {
				passed++
			}
		}
		if passed > strangers/20 && filter.Size() > 32 {
			t.Errorf("row group %d: %d of %d absent values pass its filter of %d bytes", number, passed, strangers, filter.Size())
		}
	}
}

func FuzzADictionaryGivesEveryValueBack(f *testing.F) {
	f.Add([]byte("a,b,,a;b,a;c,d,e,f;a"))
	f.Add([]byte(",;,,,;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := newDictionary()
		var want, got []string
		for page := range bytes.SplitSeq(data, []byte(";")) {
			var list textList
			list.truncate(0)
			for value := range bytes.SplitSeq(page, []byte(",")) {
				list.append(value)
			}
			numbers, ok := d.index(&list)
			if !ok {
				continue
			}
			for i, number := range numbers {
				want = append(want, string(list.at(i)))
				got = append(got, string(d.list.at(int(number))))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(want))); d.list.len() != len(distinct) {
			t.Errorf("%d values for %d distinct ones", d.list.len(), len(distinct))
		}
	})
}
