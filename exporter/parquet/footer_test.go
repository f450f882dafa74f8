package parquet

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

var update = flag.Bool("update", false, "write the golden files")

// openFile opens a file with the library alone, with its indexes and filters.
func openFile(t recordtest.T, file []byte) *parquet.File {
	t.Helper()
	opened, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func groupRowsOf(t recordtest.T, file []byte) []int64 {
	t.Helper()
	var rows []int64
	for _, group := range openFile(t, file).RowGroups() {
		rows = append(rows, group.NumRows())
	}
	return rows
}

func TestTheFooterSaysWhatReadersNeed(t *testing.T) {
	table := schema.InboxConversations()
	file := openFile(t, encode(t, table, 2000, "", recordtest.Plain(table, 0, 3000)))

	var dump strings.Builder
	meta := file.Metadata()
	fmt.Fprintf(&dump, "version %d, created by %q, %d rows\n\nschema %s\n", meta.Version, meta.CreatedBy, meta.NumRows, meta.Schema[0].Name)
	dumpNode(&dump, file.Root(), 1)
	for i, group := range meta.RowGroups {
		fmt.Fprintf(&dump, "\nrow group %d: %d rows\n", i, group.NumRows)
		for _, sorted := range group.SortingColumns {
			fmt.Fprintf(&dump, "  sorted by %s, descending %t, nulls first %t\n",
				strings.Join(group.Columns[sorted.ColumnIdx].MetaData.PathInSchema, "."), sorted.Descending, sorted.NullsFirst)
		}
		for j := range group.Columns {
			dumpChunk(&dump, file, i, j)
		}
	}
	fmt.Fprintf(&dump, "\nkeys\n")
	for _, pair := range meta.KeyValueMetadata {
		fmt.Fprintf(&dump, "  %s\n", pair.Key)
	}
	golden(t, "footer.golden", dump.String())
}

func dumpNode(w io.Writer, n parquet.Node, depth int) {
	for _, field := range n.Fields() {
		fmt.Fprintf(w, "%*s%s %s\n", 2*depth, "", field.Name(), describe(field, true))
		dumpNode(w, field, depth+1)
	}
}

// dumpChunk leaves out sizes and offsets: they change with the compressor.
func dumpChunk(w io.Writer, file *parquet.File, group, column int) {
	chunk := file.Metadata().RowGroups[group].Columns[column]
	meta := chunk.MetaData
	pages := file.ColumnIndexes()[group*len(file.Metadata().RowGroups[group].Columns)+column]
	fmt.Fprintf(w, "  %-40s %s %v values=%d nulls=%d pages=%d", strings.Join(meta.PathInSchema, "."), meta.Codec, meta.Encoding,
		meta.NumValues, meta.Statistics.NullCount, len(pages.NullPages))
	if meta.Statistics.MinValue != nil {
		value := parquet.Kind(meta.Type).Value
		fmt.Fprintf(w, " min=%s max=%s", value(meta.Statistics.MinValue), value(meta.Statistics.MaxValue))
	}
	if chunk.ColumnIndexOffset > 0 && chunk.OffsetIndexOffset > 0 {
		fmt.Fprint(w, " page-index")
	}
	if meta.BloomFilterOffset > 0 {
		fmt.Fprintf(w, " bloom=%d", meta.BloomFilterLength)
	}
	fmt.Fprintln(w)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestEveryCompressionIsUsed(t *testing.T) {
	table := schema.InboxConversations()
	for name, codec := range map[string]format.CompressionCodec{
		"": format.Zstd, "zstd": format.Zstd, "snappy": format.Snappy, "gzip": format.Gzip, "none": format.Uncompressed,
	} {
		file := openFile(t, encode(t, table, 0, name, recordtest.Plain(table, 0, 10)))
		if got := file.Metadata().RowGroups[0].Columns[0].MetaData.Codec; got != codec {
			t.Errorf("%q: %s", name, got)
		}
	}
	_, err := Format{}.Create(io.Discard, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: "lzma"}})
	if err == nil || !strings.Contains(err.Error(), `"lzma"`) || exporter.Hint(err) == "" {
		t.Errorf("an unknown compression: %v", err)
	}
}

func TestTheFooterHoldsTheManifestAndTheArrowSchema(t *testing.T) {
	table := schema.InboxConversations()
	bytesOf := encode(t, table, 0, "")
	opened, err := Format{}.Open(bytes.NewReader(bytesOf), int64(len(bytesOf)))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(opened.Manifest()); got != `{"run_id":"test"}` {
		t.Errorf("manifest %q", got)
	}
	if opened.Rows() != 0 {
		t.Errorf("%d rows in an empty file", opened.Rows())
	}
	text, _ := openFile(t, bytesOf).Lookup(ArrowSchemaKey)
	stream, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Release()
	if !reader.Schema().Equal(table.ArrowBrief()) || !reader.Schema().Metadata().Equal(table.Arrow().Metadata()) {
		t.Errorf("the arrow schema is %s", reader.Schema())
	}
	if bytes.Contains(stream, []byte(schema.MetaDescription)) || bytes.Contains(stream, []byte(table.Columns[0].Description)) {
		t.Error("the arrow schema describes its columns")
	}
}

func TestAFileOfAnotherToolHasNoManifest(t *testing.T) {
	var out bytes.Buffer
	if err := parquet.Write(&out, []struct{ A int64 }{{1}}); err != nil {
		t.Fatal(err)
	}
	opened, err := Format{}.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if opened.Manifest() != nil {
		t.Errorf("manifest %q", opened.Manifest())
	}
	if err := opened.CheckSchema(schema.InboxConversations()); err == nil {
		t.Error("its schema passes")
	}
}

func TestEveryIDIsInItsBloomFilter(t *testing.T) {
	table := schema.InboxConversations()
	file := openFile(t, encode(t, table, 4000, "", recordtest.Plain(table, 0, 10_000)))
	absent := 0
	for _, group := range file.RowGroups() {
		filter := group.ColumnChunks()[0].BloomFilter()
		if filter == nil {
			t.Fatal("no bloom filter")
		}
		for value := range valuesOf(t, group.ColumnChunks()[0]) {
			if found, err := filter.Check(value); err != nil || !found {
				t.Fatalf("%s is not in the filter: %v", value, err)
			}
		}
		for n := range 1000 {
			if found, _ := filter.Check(parquet.ValueOf(fmt.Sprintf("absent %d", n))); !found {
				absent++
			}
		}
	}
	if absent < 2900 {
		t.Errorf("only %d of 3000 absent ids are excluded", absent)
	}
}

// valuesOf yields the values of a column chunk with the number of their page.
func valuesOf(t recordtest.T, chunk parquet.ColumnChunk) func(yield func(parquet.Value, int) bool) {
	return func(yield func(parquet.Value, int) bool) {
		t.Helper()
		pages := chunk.Pages()
		defer pages.Close()
		for number := 0; ; number++ {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			values := make([]parquet.Value, page.NumValues())
			if n, err := page.Values().ReadValues(values); n != len(values) {
				t.Fatalf("%d of %d values: %v", n, len(values), err)
			}
			for _, value := range values {
				if !yield(value, number) {
					return
				}
			}
		}
	}
}

func TestThePageIndexBoundsEveryValue(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		rec := recordtest.Any(t, table, rapid.IntRange(1, 12).Draw(t, "rows"))
		file := openFile(t, encode(t, table, 5, "none", rec))
		for _, group := range file.RowGroups() {
			for _, chunk := range group.ColumnChunks() {
				index, err := chunk.ColumnIndex()
				if err != nil {
					t.Fatal(err)
				}
				for value, page := range valuesOf(t, chunk) {
					if value.IsNull() {
						continue
					}
					compare := chunk.Type().Compare
					if index.NullPage(page) || compare(index.MinValue(page), value) > 0 || compare(index.MaxValue(page), value) < 0 {
						t.Fatalf("column %d: %.80q is not between %q and %q", chunk.Column(), value, index.MinValue(page), index.MaxValue(page))
					}
				}
			}
		}
	})
}

func TestLongTextDoesNotSwellTheFooter(t *testing.T) {
	table := schema.InboxConversations()
	small := encode(t, table, 0, "zstd", recordtest.Plain(table, 0, 10))
	large := encode(t, table, 0, "zstd", largeRecord(table, 10))
	if grown := len(large) - len(small); grown > 8<<10 {
		t.Errorf("ten repetitive texts of 1 MiB add %d bytes", grown)
	}
}
