package parquet

import (
	"bytes"
	"errors"
	"fmt"
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

// A page is refused for what it takes, whatever compresses it.
func TestAPageOfTooMuchIsRefused(t *testing.T) {
	table := recordtest.Small()
	for _, compression := range []string{"zstd", "snappy", "gzip", "none"} {
		for size, fits := range map[int]bool{4 << 20: true, 20 << 20: false} {
			t.Run(fmt.Sprint(compression, size), func(t *testing.T) {
				file := encode(t, table, 0, compression, recordtest.Large(table, size))
				records, err := decode(table, file)
				if fits && (err != nil || len(records) != 1) || !fits && !errors.Is(err, exporter.ErrTooLarge) {
					t.Errorf("%d records, %v", len(records), err)
				}
			})
		}
	}
}

// A few dictionary indices can state any amount of text.
func TestPlacesThatMakeTooMuchTextAreRefused(t *testing.T) {
	decoder := decoderOf(t)
	buffer := &textBuffer{fits: decoder.fits}
	buffer.clear()
	buffer.dictionary.append(bytes.Repeat([]byte("a"), 100_000))
	indices := make([]int32, 1_000_000)
	body, err := parquet.RLEDictionary.EncodeInt32(nil, indices)
	if err != nil {
		t.Fatal(err)
	}
	var data page
	data.Encoding, data.body = format.RLEDictionary, slack(body)
	took := allocated(func() { err = buffer.decode(decoder, &data, len(indices)) })
	if !errors.Is(err, exporter.ErrTooLarge) || took > 32<<20 {
		t.Errorf("%d bytes make 100 GB: %v, %d bytes were allocated", len(body), err, took)
	}
}

// Pages of one row, with long ids, make indexes without end where a file without
// checksums is verified.
func TestIndexesOfAFileWithoutChecksumsAreBounded(t *testing.T) {
	table := recordtest.Small()
	var records []arrow.Record
	for i := range 40 {
		records = append(records, withID(table, fmt.Sprint(strings.Repeat("\xff", 1<<20), i))) // no shorter bound is above it
	}
	if err := verify(t, table, encodeEarlier(t, table, exporter.ParquetOptions{}, 1, records...)); !errors.Is(err, exporter.ErrTooLarge) {
		t.Error(err)
	}
	if err := verify(t, table, encodeEarlier(t, table, exporter.ParquetOptions{}, 1, records[:2]...)); err != nil {
		t.Errorf("two rows: %v", err)
	}
}

// withID is a row with an id.
func withID(table *schema.Table, id string) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for i, column := range table.Columns {
		if column.Required {
			builder.Field(i).(*array.StringBuilder).Append(id)
			continue
		}
		recordtest.AppendPlain(builder.Field(i), column, 1)
	}
	return builder.NewRecord()
}

// Ids differ, so that rows of less than a byte are made up: a small file would fill
// the disk with what a reader keeps of each row.
func TestMoreRowsThanBytesAreRefused(t *testing.T) {
	table := recordtest.Small()
	for rows, fits := range map[int]bool{300_000: false, 100: true} {
		var out bytes.Buffer
		sink, err := Format{}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{Bloom: []string{}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(sink.Write(background(), recordtest.Alike(table, rows)), sink.Finish([]byte(testManifest))); err != nil {
			t.Fatal(err)
		}
		if _, err := decode(table, out.Bytes()); fits && err != nil || !fits && !errors.Is(err, errDamaged) {
			t.Errorf("%d rows in %d bytes: %v", rows, out.Len(), err)
		}
	}
}
