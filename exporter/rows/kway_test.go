package rows

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// A merge that keeps a row here and there holds the rows, not all that stood
// around them: of a user who is new in an append, for instance.
func TestAMergeHoldsNoMoreThanItsRecordsWhereFewRowsAreKept(t *testing.T) {
	table := schema.InboxConversations()
	const parts, perPart, most = 400, 100, 64 << 10
	allocator := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer allocator.AssertSize(t, 0)
	var largest, one int
	source := func(yield func(arrow.Record, error) bool) {
		for i := range parts {
			before := allocator.CurrentAlloc()
			rec := plainIn(allocator, table, i*perPart, perPart)
			one = allocator.CurrentAlloc() - before
			more := yield(rec, nil)
			rec.Release()
			largest = max(largest, allocator.CurrentAlloc())
			if !more {
				return
			}
		}
	}
	stream := NewStream("", table, source, func(_ schema.RowKey, _ arrow.Record, row int) bool { return row == perPart/2 })
	var got []arrow.Record
	for rec, err := range Merge(t.Context(), table, Limits{batch: most}, stream) {
		if err != nil {
			t.Fatal(err)
		}
		rec.Retain()
		defer rec.Release()
		got = append(got, rec)
	}
	var want []arrow.Record
	for i := range parts {
		rec := recordtest.Plain(table, i*perPart+perPart/2, 1)
		defer rec.Release()
		want = append(want, rec)
	}
	recordtest.Same(t, table, got, want)
	if largest > 8*one {
		t.Errorf("%d bytes were held at once, and a record has %d", largest, one)
	}
}

// plainIn is recordtest.Plain in memory of that allocator.
func plainIn(allocator memory.Allocator, table *schema.Table, first, rows int) arrow.Record {
	b := array.NewRecordBuilder(allocator, table.Arrow())
	defer b.Release()
	for row := range rows {
		for i, column := range table.Columns {
			recordtest.AppendPlain(b.Field(i), column, first+row)
		}
	}
	return b.NewRecord()
}
