package duckdbtest

import (
	"database/sql"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// compareAll compares every cell of a file with the record it was written from.
// Generated records hold times outside DuckDB's range and invalid JSON; generated leaves
// these columns out.
func compareAll(t *testing.T, fail recordtest.T, db *sql.DB, path string, rec arrow.Record, generated bool) {
	fail.Helper()
	var columns []int
	var expressions []string
	for i, column := range schema.InboxConversations().Columns {
		expression := "to_json(" + column.Name + ")"
		switch column.Type {
		case schema.Timestamp:
			expression = "epoch_us(" + column.Name + ")"
		case schema.JSON:
			expression = "to_json(" + column.Name + "::VARCHAR)"
		default:
		}
		if generated && (column.Type == schema.Timestamp || column.Type == schema.JSON) {
			continue
		}
		columns, expressions = append(columns, i), append(expressions, expression+" AS "+column.Name)
	}
	got := query(t, db, "SELECT "+strings.Join(expressions, ", ")+" FROM "+from(path))
	if len(got) != int(rec.NumRows()) {
		fail.Fatalf("%d rows, want %d", len(got), rec.NumRows())
	}
	for row := range got {
		for i, column := range columns {
			if want := arrowValue(t, rec.Column(column), row); !reflect.DeepEqual(parse(t, got[row][i]), want) {
				fail.Fatalf("column %d in row %d is %.200s, want %.200v", column, row, got[row][i], want)
			}
		}
	}
}

func TestDuckDBReadsAnyRecordInAnySplit(t *testing.T) {
	db, path, table := openDuckDB(t), filepath.Join(t.TempDir(), "any.parquet"), schema.InboxConversations()
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.IntRange(1, 30).Draw(rt, "rows")
		rec := recordtest.Any(rt, table, rows)
		cuts := rapid.SliceOfN(rapid.IntRange(0, rows), 0, 4).Draw(rt, "cuts")
		slices.Sort(cuts)
		file, err := os.Create(path)
		if err != nil {
			rt.Fatal(err)
		}
		sink, err := parquet.Format{}.Create(file, table, exporter.Export{Parquet: exporter.ParquetOptions{
			Compression:  rapid.SampledFrom([]string{"zstd", "snappy", "gzip", "none"}).Draw(rt, "compression"),
			RowGroupSize: rapid.IntRange(1, 40).Draw(rt, "row group"),
		}})
		if err != nil {
			rt.Fatal(err)
		}
		for _, part := range recordtest.Split(rec, cuts) {
			if err := sink.Write(t.Context(), part); err != nil {
				rt.Fatal(err)
			}
		}
		if err := sink.Finish([]byte("{}")); err != nil {
			rt.Fatal(err)
		}
		if err := file.Close(); err != nil {
			rt.Fatal(err)
		}
		compareAll(t, rt, db, path, rec, true)
	})
}

func TestDuckDBReadsManyPages(t *testing.T) {
	rec := recordtest.Plain(schema.InboxConversations(), 0, parquet.PageRows+1000)
	compareAll(t, t, openDuckDB(t), write(t, rec), rec, false)
}
