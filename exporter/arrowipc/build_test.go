package arrowipc

import (
	"bytes"
	"context"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

const manifest = `{"run_id":"test"}`

var compressions = []string{"", "zstd", "lz4", "none"}

func background() context.Context { return context.Background() }

func options(compression string) exporter.Export {
	return exporter.Export{Arrow: exporter.ArrowOptions{Compression: compression}}
}

// encode writes records into a file.
func encode(t recordtest.T, table *schema.Table, compression string, records ...arrow.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{}.Create(&out, table, options(compression))
	if err != nil {
		t.Fatal(err)
	}
	for _, rec := range records {
		if err := created.Write(background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := created.Finish([]byte(manifest)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decode reads every record of a file; the caller gives them back to the collector.
func decode(table *schema.Table, file []byte) ([]arrow.Record, error) {
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
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
