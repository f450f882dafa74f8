package parquet

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

const (
	// benchRows is one row group.
	benchRows = RowGroupRows
	// benchStep is how many rows a record has, as the engine's records.
	benchStep = 4096
)

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// allocations is how often memory was allocated so far.
func allocations() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.Mallocs
}

// perRow reports what each of so many rows took since so many allocations.
func perRow(b *testing.B, each int, since uint64) {
	rows := float64(b.N) * float64(each)
	b.ReportMetric(float64(allocations()-since)/rows, "allocs/row")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/rows, "ns/row")
}

// BenchmarkWrite writes one row group after the other into one file.
func BenchmarkWrite(b *testing.B) {
	table := schema.InboxConversations()
	rec := recordtest.Plain(table, 0, benchRows)
	var parts []arrow.Record
	for from := int64(0); from < benchRows; from += benchStep {
		parts = append(parts, rec.NewSlice(from, min(from+benchStep, benchRows)))
	}
	for _, options := range benchOptions() {
		b.Run(options.Compression+"-"+options.Encoding, func(b *testing.B) {
			var out counter
			created, err := Format{}.Create(&out, table, exporter.Export{Parquet: options})
			if err != nil {
				b.Fatal(err)
			}
			groups := 0
			since := allocations()
			for b.Loop() {
				groups++
				for _, part := range parts {
					if err := created.Write(b.Context(), part); err != nil {
						b.Fatal(err)
					}
				}
			}
			perRow(b, benchRows, since)
			if err := created.Finish(nil); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(out.n / int64(groups))
			b.ReportMetric(float64(out.n)/float64(groups)/benchRows, "B/row")
		})
	}
}

// benchOptions are every encoding and every compression.
func benchOptions() []exporter.ParquetOptions {
	var all []exporter.ParquetOptions
	for _, encoding := range encodings {
		all = append(all, exporter.ParquetOptions{Compression: "zstd", Encoding: encoding})
	}
	for _, compression := range compressions[2:] {
		all = append(all, exporter.ParquetOptions{Compression: compression, Encoding: exporter.EncodingPortable})
	}
	return all
}

// BenchmarkRead opens and reads files of one row group and of ten: what a file
// costs once shows in the difference.
func BenchmarkRead(b *testing.B) {
	table := schema.InboxConversations()
	group := recordtest.Plain(table, 0, benchRows)
	for _, test := range []struct {
		encoding string
		groups   int
	}{{exporter.EncodingPortable, 1}, {exporter.EncodingPortable, 10}, {exporter.EncodingCompact, 1}, {exporter.EncodingPlain, 1}} {
		groups := test.groups
		file := encodePages(b, table, exporter.ParquetOptions{Encoding: test.encoding}, PageRows, slices.Repeat([]arrow.Record{group}, groups)...)
		b.Run(fmt.Sprintf("%s/groups=%d", test.encoding, groups), func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			since := allocations()
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
			perRow(b, groups*benchRows, since)
		})
	}
}

var _ io.Writer = (*counter)(nil)
