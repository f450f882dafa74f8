package rows

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/schema"
)

// A merge holds a segment of every run: the size of a page must not be that of its
// segment.
func TestALargePageBecomesSeveralSegments(t *testing.T) {
	table := schema.InboxConversations()
	small := Limits{batch: 1 << 20, segment: 32 << 10, waiting: 1 << 20, Share: 100}
	sorter := newSorter(t, table, small)
	defer func() { _ = sorter.Close() }()
	const rows = 100
	for range 2 { // the second time each row loses
		var page []version
		for i := range rows {
			text := strings.Repeat("x", 10<<10)
			if i%40 == 7 {
				text = strings.Repeat("y", 300<<10)
			}
			page = append(page, version{id: fmt.Sprintf("ibx_%03d", i), active: int64(1000 - i), subject: text})
		}
		if err := addTo(sorter, "usr_1", record(table, page)); err != nil {
			t.Fatal(err)
		}
	}
	sorted, err := sorter.Sorted(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	segments := 0
	for _, run := range sorter.runs {
		for _, segment := range run.segments {
			segments++
			from := 0
			for _, origin := range segment.from {
				from += origin.rows
			}
			if from > 1 && segment.length > int64(2*small.segment) {
				t.Errorf("a segment of %d rows and %d bytes", from, segment.length)
			}
		}
	}
	if segments < 2*rows/4 || sorted.Rows() != rows {
		t.Errorf("%d segments, %d rows", segments, sorted.Rows())
	}
	next := 0
	for rec, err := range sorted.Records(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		keys, err := table.Keys(rec)
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			if want := fmt.Sprintf("ibx_%03d", next); keys.At(i).ID != want {
				t.Fatalf("row %d is %s", next, keys.At(i).ID)
			}
			next++
		}
	}
	if next != rows {
		t.Errorf("%d rows", next)
	}
}
