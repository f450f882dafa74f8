package parquet

import (
	"bytes"
	"io"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// benchRows is one row group.
const benchRows = RowGroupRows

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

func BenchmarkWrite(b *testing.B) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, benchRows)
	for _, compression := range compressions[1:] {
		b.Run(compression, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out counter
				created, err := Format{}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: compression}})
				if err != nil {
					b.Fatal(err)
				}
				for from := int64(0); from < benchRows; from += 4000 {
					if err := created.Write(b.Context(), rec.NewSlice(from, min(from+4000, benchRows))); err != nil {
						b.Fatal(err)
					}
				}
				if err := created.Finish(nil); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(out.n)
				b.ReportMetric(float64(out.n)/benchRows, "B/row")
			}
			perRow(b)
		})
	}
}

func BenchmarkRead(b *testing.B) {
	table := schema.InboxConversations()
	file := encode(b, table, 0, "", recordtest.Plain(table, 0, benchRows))
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range opened.Records(b.Context(), table) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	perRow(b)
}

var _ io.Writer = (*counter)(nil)
