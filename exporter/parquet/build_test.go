package parquet

import (
	"bytes"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// encodings are those that new files may have.
var encodings = []string{exporter.EncodingPortable, exporter.EncodingCompact, exporter.EncodingPlain}

const testManifest = `{"run_id":"test"}`

// encode writes records into a file with row groups of groupRows rows.
func encode(t recordtest.T, table *schema.Table, groupRows int, compression string, records ...arrow.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: compression}})
	if err != nil {
		t.Fatal(err)
	}
	if groupRows > 0 {
		created.(*sink).groupRows = groupRows
	}
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

// decode reads every record of a file; the caller gives them back to the collector.
func decode(table *schema.Table, file []byte) ([]arrow.Record, error) {
	return decodeWith(Format{}, table, file)
}

func decodeWith(format Format, table *schema.Table, file []byte) ([]arrow.Record, error) {
	opened, err := format.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	var records []arrow.Record
	for rec, err := range opened.Records(background(), table) {
		if err != nil {
			return records, err
		}
		rec.Retain()
		records = append(records, rec)
	}
	return records, nil
}

// newFile is the layout of new files of a table.
func newFile(t recordtest.T, table *schema.Table, options exporter.ParquetOptions) *layout {
	t.Helper()
	form, err := formOf(table, options)
	if err != nil {
		t.Fatal(err)
	}
	return newLayout(table, form)
}
