package parquet

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// encodeWith writes a record with the options of a parquet block.
func encodeWith(t *testing.T, table *schema.Table, options exporter.ParquetOptions, rec arrow.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: options})
	if err != nil {
		t.Fatal(err)
	}
	if err := created.Write(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if err := created.Finish([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestAHigherLevelMakesASmallerFile(t *testing.T) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, 5000)
	for _, compression := range []string{"zstd", "gzip"} {
		var sizes []int
		for _, level := range []int{1, 9} {
			file := encodeWith(t, table, exporter.ParquetOptions{Compression: compression, Level: level, Encoding: exporter.EncodingCompact}, rec)
			got, err := decode(table, file)
			if err != nil {
				t.Fatal(err)
			}
			recordtest.Same(t, table, got, []arrow.Record{rec})
			sizes = append(sizes, len(file))
		}
		if sizes[1] >= sizes[0] {
			t.Errorf("%s: %d bytes at level 1, %d at level 9", compression, sizes[0], sizes[1])
		}
	}
	usual := encodeWith(t, table, exporter.ParquetOptions{}, rec)
	if !bytes.Equal(usual, encodeWith(t, table, exporter.ParquetOptions{Compression: "zstd", Level: DefaultZstdLevel}, rec)) {
		t.Error("the default is not zstd at its default level")
	}
}

func TestRowGroupsHaveTheSizeAskedFor(t *testing.T) {
	table := schema.InboxConversations()
	file := encodeWith(t, table, exporter.ParquetOptions{RowGroupSize: 1000}, recordtest.Plain(table, 0, 2500))
	if got := groupRowsOf(t, file); !slices.Equal(got, []int64{1000, 1000, 500}) {
		t.Errorf("row groups of %d", got)
	}
}

func TestBloomFiltersAreOfTheColumnsAskedFor(t *testing.T) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, 50)
	_, contact, _ := table.Column("contact")
	emails := rec.Column(contact).(*array.Struct).Field(2).(*array.String)
	for name, test := range map[string]struct {
		asked, want []string
	}{
		"by default":     {nil, []string{"id"}},
		"none":           {[]string{}, nil},
		"in structs":     {[]string{"contact.email", "users.user_id", "channels"}, []string{"channels.list.element", "users.list.element.user_id", "contact.email"}},
		"the id as well": {[]string{"contact.email", "id"}, []string{"id", "contact.email"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := openFile(t, encodeWith(t, table, exporter.ParquetOptions{Bloom: test.asked}, rec))
			var got []string
			for _, column := range file.Metadata().RowGroups[0].Columns {
				if column.MetaData.BloomFilterOffset != 0 {
					got = append(got, strings.Join(column.MetaData.PathInSchema, "."))
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("filters of %q", got)
			}
			leaf, ok := file.Schema().Lookup("contact", "email")
			if !ok || !slices.Contains(test.want, "contact.email") {
				return
			}
			filter := file.RowGroups()[0].ColumnChunks()[leaf.ColumnIndex].BloomFilter()
			for row := range emails.Len() {
				if emails.IsNull(row) {
					continue
				}
				if in, err := filter.Check(parquet.ByteArrayValue([]byte(emails.Value(row)))); err != nil || !in {
					t.Errorf("%s is not in its filter: %v", emails.Value(row), err)
				}
			}
		})
	}
	for _, wrong := range []string{"contact", "created_at", "extra", "nothing"} {
		_, err := Format{}.Create(new(bytes.Buffer), table, exporter.Export{Parquet: exporter.ParquetOptions{Bloom: []string{wrong}}})
		if err == nil {
			t.Errorf("a filter of %s", wrong)
		}
	}
}
