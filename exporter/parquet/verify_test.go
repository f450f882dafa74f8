package parquet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// encodePages writes records with pages and row groups of so many rows.
func encodePages(t recordtest.T, table *schema.Table, options exporter.ParquetOptions, pageRows int, records ...arrow.Record) []byte {
	t.Helper()
	return encodeLayout(t, newFile(t, table, options), options, pageRows, records...)
}

// encodeEarlier writes the same as the version before the checksums.
func encodeEarlier(t recordtest.T, table *schema.Table, options exporter.ParquetOptions, pageRows int, records ...arrow.Record) []byte {
	t.Helper()
	return unseal(t, encodeLayout(t, newLayout(table, legacyForm()), options, pageRows, records...))
}

func encodeLayout(t recordtest.T, layout *layout, options exporter.ParquetOptions, pageRows int, records ...arrow.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.create(&out, layout, exporter.Export{Parquet: options}, writeBuffer)
	if err != nil {
		t.Fatal(err)
	}
	created.pageRows = pageRows
	for _, rec := range records {
		if err := created.Write(background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := created.Finish([]byte(testManifest)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func drawOptions(t *rapid.T) exporter.ParquetOptions {
	return exporter.ParquetOptions{
		Compression:  rapid.SampledFrom(compressions[1:]).Draw(t, "compression"),
		RowGroupSize: rapid.IntRange(1, 20).Draw(t, "row group"),
		Encoding:     rapid.SampledFrom(encodings).Draw(t, "encoding"),
		Extra:        rapid.SampledFrom([]string{"", exporter.ExtraString, exporter.ExtraJSON}).Draw(t, "extra"),
		Bloom:        rapid.SampledFrom([][]string{nil, {}, {"id", "team_id", "users.user_id"}, {"contact.email", "last_sent_subject"}}).Draw(t, "filters"),
	}
}

// What verify recounts is what the sink wrote, whatever the rows and the options.
func TestVerifyAcceptsEveryFileOfTheSink(t *testing.T) {
	table := schema.InboxConversations()
	rapid.Check(t, func(t *rapid.T) {
		var records []arrow.Record
		for range rapid.IntRange(0, 3).Draw(t, "records") {
			records = append(records, recordtest.Any(t, table, rapid.IntRange(1, 12).Draw(t, "rows")))
		}
		options, pageRows := drawOptions(t), rapid.IntRange(1, 20).Draw(t, "page rows")
		if err := verify(t, table, encodePages(t, table, options, pageRows, records...)); err != nil {
			t.Fatalf("with checksums: %v", err)
		}
		if err := verify(t, table, encodeEarlier(t, table, options, pageRows, records...)); err != nil {
			t.Fatalf("without: %v", err)
		}
	})
}

// Pages of one column end where those of another do not, and a dictionary is given up.
func TestVerifyRecountsPagesOfEverySize(t *testing.T) {
	table := schema.InboxConversations()
	options := exporter.ParquetOptions{RowGroupSize: 17_000, Bloom: []string{"id", "contact_id", "last_sent_subject", "users.user_id"}}
	records := []arrow.Record{recordtest.Plain(table, 0, 30_000), largeRecord(table, 3)}
	for _, one := range [][]byte{encodePages(t, table, options, PageRows, records...), encodeEarlier(t, table, options, PageRows, records...)} {
		if err := verify(t, table, one); err != nil {
			t.Error(err)
		}
	}
}

// A lie that is written consistently has no damaged bit: writing it again still shows it.
func TestVerifyRecountsAFooterThatLies(t *testing.T) {
	table := recordtest.Small()
	file := encodeEarlier(t, table, exporter.ParquetOptions{RowGroupSize: 4}, PageRows, recordtest.Plain(table, 0, damageRows))
	for name, lie := range map[string]func(meta *format.FileMetaData){
		"bounds": func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Statistics.MaxValue[3]++ },
		"nulls": func(m *format.FileMetaData) {
			m.RowGroups[0].Columns[0].MetaData.SizeStatistics.UnencodedByteArrayDataBytes++
		},
		"no filter":       func(m *format.FileMetaData) { m.RowGroups[1].Columns[0].MetaData.BloomFilterOffset = 0 },
		"sorting":         func(m *format.FileMetaData) { m.RowGroups[0].SortingColumns[0].Descending = false },
		"an index":        func(m *format.FileMetaData) { m.RowGroups[0].Columns[1].ColumnIndexOffset++ },
		"ordinals":        func(m *format.FileMetaData) { m.RowGroups[1].Ordinal = 0 },
		"a column's path": func(m *format.FileMetaData) { m.RowGroups[1].Columns[1].MetaData.PathInSchema[0] = "other" },
		"its maker":       func(m *format.FileMetaData) { m.CreatedBy = "parquet-mr" },
		"its keys":        func(m *format.FileMetaData) { m.KeyValueMetadata[0].Key = "pandas" },
	} {
		opened, err := open(bytes.NewReader(file), int64(len(file)), nil)
		if err != nil {
			t.Fatal(err)
		}
		meta := *opened.meta
		lie(&meta)
		out := bytes.NewBuffer(bytes.Clone(file[:opened.end]))
		if err := newOutput(out).end(&meta); err != nil {
			t.Fatal(err)
		}
		if err := verify(t, table, out.Bytes()); !errors.Is(err, exporter.ErrAltered) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A damaged footer is found before anything in it is believed: a merge must not
// go on from a manifest that has changed.
func TestAFileWithADamagedManifestIsNotOpened(t *testing.T) {
	table := recordtest.Small()
	file := encode(t, table, 0, "", recordtest.Plain(table, 0, 1))
	at := bytes.LastIndex(file, []byte(testManifest))
	file[at+len(`{"run_id":"`)] ^= 1
	if _, err := (Format{}).Open(bytes.NewReader(file), int64(len(file))); !errors.Is(err, exporter.ErrAltered) || exporter.Hint(err) == "" {
		t.Errorf("opened: %v", err)
	}
}
