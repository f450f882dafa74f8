package engine

import (
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// groups is a file of records, each of which is a group.
type groups struct {
	exporter.DataFile
	records []arrow.Record
}

// Groups implements GroupedFile.
func (g groups) Groups() int { return len(g.records) }

// Keys implements GroupedFile.
func (g groups) Keys(_ context.Context, table *schema.Table, group int) iter.Seq2[schema.Keys, error] {
	return func(yield func(schema.Keys, error) bool) { yield(table.Keys(g.records[group])) }
}

// Head implements GroupedFile.
func (g groups) Head(context.Context, *schema.Table, int) iter.Seq2[arrow.Record, error] { return nil }

// groupTaker takes over groups from a number on.
type groupTaker struct {
	exporter.Sink
	from int
}

// TakesFrom implements GroupSink.
func (t groupTaker) TakesFrom(exporter.GroupedFile) int { return t.from }

// TakeOver implements GroupSink.
func (groupTaker) TakeOver(context.Context, exporter.GroupedFile, int) error { return nil }

// A merge takes over the end of a file: the groups behind the last row that the walk has
// shown, unless the sink would write them in another way, or their rows are not in order.
func TestTheTailIsWhatTheWalkHasNotShown(t *testing.T) {
	table := schema.InboxConversations()
	part := func(first int) arrow.Record { return recordtest.Plain(table, first, 10) }
	sorted := []arrow.Record{part(0), part(10), part(20), part(30)}
	keys, err := table.Keys(recordtest.Plain(table, 0, 40))
	if err != nil {
		t.Fatal(err)
	}
	const later = 1 << 62
	for name, test := range map[string]struct {
		file     []arrow.Record
		found    map[int]int64 // the version of rows that the walk has shown
		from     int
		whole    bool
		want     int
		unsorted bool
	}{
		"nothing new":                {file: sorted, want: 0},
		"a row of the first group":   {file: sorted, found: map[int]int64{3: later}, want: 1},
		"a row of the third group":   {file: sorted, found: map[int]int64{3: later, 25: later}, want: 3},
		"a row of the last group":    {file: sorted, found: map[int]int64{39: later}, want: 4},
		"a row that goes further up": {file: sorted, found: map[int]int64{100: keys.Version(20)}, want: 3},
		"a row without a version":    {file: sorted, found: map[int]int64{100: schema.NoVersion}, want: 4},
		"the sink takes fewer":       {file: sorted, found: map[int]int64{3: later}, from: 2, want: 2},
		"the walk shows everything":  {file: sorted, whole: true, want: 0},
		"an empty group":             {file: []arrow.Record{part(0), recordtest.Plain(table, 10, 0), part(20)}, want: 2},
		"groups out of order":        {file: []arrow.Record{part(0), part(20), part(10)}, unsorted: true},
		"rows out of order": {file: []arrow.Record{part(0), rows.Concat(table.Arrow(), []rows.Piece{
			{Rec: part(20), From: 5, To: 10}, {Rec: part(20), From: 0, To: 5}})}, unsorted: true},
	} {
		t.Run(name, func(t *testing.T) {
			found := make(map[schema.IDHash]foundRow)
			for row, version := range test.found {
				one, err := table.Keys(recordtest.Plain(table, row, 1))
				if err != nil {
					t.Fatal(err)
				}
				found[one.Hash(0)] = foundRow{version: version}
			}
			old := head{manifest: &exporter.Manifest{SchemaVersion: table.Version, Content: contentOf(rows.Digest{})}}
			v := newRevision(target{table: table, destination: nowhere{}}, old, nil, found, test.whole)
			got, err := v.tail(t.Context(), named{groups{records: test.file}, "here"}, groupTaker{from: test.from})
			if test.unsorted {
				if !errors.Is(err, rows.ErrUnsorted) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := int64(0)
			if !test.whole {
				for _, rec := range test.file[test.want:] {
					want += rec.NumRows()
				}
			}
			if got.from != test.want || got.rows != want {
				t.Errorf("%d rows from group %d on, want %d from %d on", got.rows, got.from, want, test.want)
			}
			if got.rows == 0 {
				return
			}
			newest, oldest := keys.Version(test.want*10), keys.Version(len(test.file)*10-1)
			if got.span.NewestActivity.UnixMicro() != newest || got.span.OldestActivity.UnixMicro() != oldest {
				t.Errorf("their activity is %+v, want from %d to %d", got.span, oldest, newest)
			}
		})
	}
}
