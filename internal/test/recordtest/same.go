package recordtest

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// T is what tests and properties share.
type T interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Join makes one record of many.
func Join(t T, table *schema.Table, records []arrow.Record) arrow.Record {
	t.Helper()
	columns := make([]arrow.Array, len(table.Columns))
	var rows int64
	for i := range columns {
		parts := make([]arrow.Array, 0, len(records))
		rows = 0
		for _, rec := range records {
			parts = append(parts, rec.Column(i))
			rows += rec.NumRows()
		}
		if len(parts) == 0 {
			columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, table.Arrow().Field(i).Type, 0)
			continue
		}
		joined, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		columns[i] = joined
	}
	return array.NewRecord(table.Arrow(), columns, rows)
}

// Same fails when two lists of records do not hold the same rows.
func Same(t T, table *schema.Table, got, want []arrow.Record) {
	t.Helper()
	a, b := Join(t, table, got), Join(t, table, want)
	if a.NumRows() != b.NumRows() {
		t.Fatalf("%d rows instead of %d", a.NumRows(), b.NumRows())
	}
	for i, column := range table.Columns {
		if !array.Equal(a.Column(i), b.Column(i)) {
			t.Fatalf("column %s is\n%.2000s\ninstead of\n%.2000s", column.Name, a.Column(i), b.Column(i))
		}
	}
}

// Split cuts a record at the places given, sorted; the slices share its memory.
func Split(rec arrow.Record, cuts []int) []arrow.Record {
	var parts []arrow.Record
	from := 0
	for _, to := range append(cuts, int(rec.NumRows())) {
		parts = append(parts, rec.NewSlice(int64(from), int64(to)))
		from = to
	}
	return parts
}
