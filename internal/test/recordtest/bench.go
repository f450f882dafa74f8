package recordtest

import (
	"runtime"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/schema"
)

// BenchRows is how many rows a benchmark handles in one step.
const BenchRows = 50_000

// Parts returns BenchRows rows of [Plain], newest first, in records of so many rows, and
// their bytes in Arrow's form.
func Parts(table *schema.Table, size int) (parts []arrow.Record, bytes int64) {
	for from := 0; from < BenchRows; from += size {
		part := Plain(table, from, min(size, BenchRows-from))
		parts = append(parts, part)
		bytes += util.TotalRecordSize(part)
	}
	return parts, bytes
}

// PerRow measures a step that handles BenchRows rows, of so many bytes in Arrow's form.
func PerRow(b *testing.B, bytes int64, step func() error) {
	b.SetBytes(bytes)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if err := step(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	all := float64(b.N) * BenchRows
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/row")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/row")
}
