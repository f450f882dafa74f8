package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
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
func (g groups) Keys(table *schema.Table) (exporter.GroupKeys, error) {
	return groupKeys{table, g.records}, nil
}

// GroupRows implements GroupedFile.
func (g groups) GroupRows(_ context.Context, _ *schema.Table, from, to int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for _, rec := range g.records[from:to] {
			if !yield(rec, nil) {
				return
			}
		}
	}
}

type groupKeys struct {
	table   *schema.Table
	records []arrow.Record
}

// Of implements GroupKeys.
func (g groupKeys) Of(_ context.Context, group int) iter.Seq2[schema.Keys, error] {
	return func(yield func(schema.Keys, error) bool) { yield(g.table.Keys(g.records[group])) }
}

// Close implements GroupKeys.
func (groupKeys) Close() {}

// groupSink finds that groups of groupTest rows are full, and refuses one.
type groupSink struct {
	exporter.Sink
	refused int
}

// groupTest is how many rows a full group of these tests has.
const groupTest = 10

// Fits implements GroupSink.
func (s groupSink) Fits(file exporter.GroupedFile) []exporter.GroupFit {
	var fits []exporter.GroupFit
	for i, rec := range file.(groups).records {
		fits = append(fits, exporter.GroupFit{Alike: i != s.refused, Full: float64(rec.NumRows()) / groupTest})
	}
	return fits
}

// Expect implements GroupSink.
func (groupSink) Expect(int64, float64) error { return nil }

// TakeFrom implements GroupSink.
func (groupSink) TakeFrom(exporter.GroupedFile) (exporter.GroupTaker, error) {
	return nil, errors.New("not in this test")
}

// A merge takes over the groups of which the walk has shown no row, unless the sink would
// write them in another way, or rows of the walk belong between theirs. None that is
// written between them is less than half full.
func TestGroupsThatTheWalkHasNotShownAreTakenOver(t *testing.T) {
	table := schema.InboxConversations()
	part := func(from, to int) arrow.Record { return recordtest.Plain(table, from, to-from) }
	sorted := []arrow.Record{part(0, 10), part(10, 20), part(20, 30), part(30, 40)}
	keys, err := table.Keys(part(0, 60))
	if err != nil {
		t.Fatal(err)
	}
	const (
		none  = -1
		later = 1 << 62
	)
	all := func(from, to int) map[int]int64 {
		found := make(map[int]int64)
		for row := from; row < to; row++ {
			found[row] = later
		}
		return found
	}
	for name, test := range map[string]struct {
		file     []arrow.Record
		found    map[int]int64 // the version of rows that the walk has shown
		refused  int
		whole    bool
		want     string // the blocks, and in parentheses how many rows are written before them
		unsorted bool
	}{
		"nothing new":                        {file: sorted, refused: none, want: "(0)0-4"},
		"a new row":                          {file: sorted, refused: none, found: map[int]int64{100: later}, want: "(1)0-4"},
		"a row of the first group":           {file: sorted, refused: none, found: map[int]int64{3: later}, want: "(10)1-4"},
		"a row of the third group":           {file: sorted, refused: none, found: map[int]int64{25: later}, want: "(1)0-2 (9)3-4"},
		"rows of the first and third":        {file: sorted, refused: none, found: map[int]int64{3: later, 25: later}, want: "(11)1-2 (9)3-4"},
		"a row of the last group":            {file: sorted, refused: none, found: map[int]int64{39: later}, want: "(1)0-3"},
		"a row of every group":               {file: sorted, refused: none, found: map[int]int64{0: later, 10: later, 20: later, 30: later}, want: ""},
		"all rows of the third group":        {file: sorted, refused: none, found: all(20, 30), want: "(10)0-2 (0)3-4"},
		"half of the third group":            {file: sorted, refused: none, found: all(20, 25), want: "(5)0-2 (5)3-4"},
		"more than half of it":               {file: sorted, refused: none, found: all(20, 26), want: "(6)0-2"},
		"more than half of the second":       {file: sorted, refused: none, found: all(10, 16), want: "(6)0-1 (14)3-4"},
		"a row that goes between two groups": {file: sorted, refused: none, found: map[int]int64{100: keys.Version(19) - 1}, want: "(0)0-2 (11)3-4"},
		"a row that goes into the second":    {file: sorted, refused: none, found: map[int]int64{100: keys.Version(15)}, want: "(0)0-1 (11)2-4"},
		"a row that goes into the first":     {file: sorted, refused: none, found: map[int]int64{100: keys.Version(5)}, want: "(11)1-4"},
		"an older row of the walk":           {file: sorted, refused: none, found: map[int]int64{15: keys.Version(39) - 5}, want: "(0)0-1 (10)2-4"},
		"a row without a version":            {file: sorted, refused: none, found: map[int]int64{100: schema.NoVersion}, want: "(0)0-4"},
		"the sink refuses one":               {file: sorted, refused: 1, want: "(0)0-1 (10)2-4"},
		"the walk shows everything":          {file: sorted, refused: none, whole: true, want: ""},
		"an empty group":                     {file: []arrow.Record{part(0, 10), part(10, 10), part(20, 30)}, refused: none, want: "(0)0-1 (0)2-3"},
		"a small group":                      {file: []arrow.Record{part(0, 10), part(10, 14), part(20, 30), part(30, 40)}, refused: none, want: "(0)0-1 (14)3-4"},
		"a small first group":                {file: []arrow.Record{part(0, 4), part(10, 20), part(20, 30)}, refused: none, want: "(4)1-3"},
		"a small last group":                 {file: []arrow.Record{part(0, 10), part(10, 11)}, refused: none, want: "(0)0-2"},
		"groups out of order":                {file: []arrow.Record{part(0, 10), part(20, 30), part(10, 20)}, refused: none, unsorted: true},
		"rows out of order": {file: []arrow.Record{part(0, 10), rows.Concat(table.Arrow(), []rows.Piece{
			{Rec: part(20, 30), From: 5, To: 10}, {Rec: part(20, 30), From: 0, To: 5}})}, refused: none, unsorted: true},
	} {
		t.Run(name, func(t *testing.T) {
			found := make(map[schema.IDHash]foundRow)
			for row, version := range test.found {
				one, err := table.Keys(part(row, row+1))
				if err != nil {
					t.Fatal(err)
				}
				found[one.Hash(0)] = foundRow{version: version}
			}
			old := head{manifest: &exporter.Manifest{SchemaVersion: table.Version, Content: contentOf(rows.Digest{})}}
			v := newRevision(target{table: table, destination: nowhere{}}, old, nil, found, test.whole)
			got, err := v.takeover(t.Context(), groups{records: test.file}, groupSink{refused: test.refused})
			if test.unsorted {
				if !errors.Is(err, rows.ErrUnsorted) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var blocks []string
			for _, block := range got.blocks {
				blocks = append(blocks, fmt.Sprintf("(%d)%d-%d", block.before, block.from, block.to))
				checkBlock(t, table, test.file, block)
				if want := float64(block.before) / groupTest; math.Abs(block.full-want) > 1e-9 {
					t.Errorf("%d rows before group %d are %g full groups, not %g", block.before, block.from, block.full, want)
				}
			}
			if got := strings.Join(blocks, " "); got != test.want {
				t.Errorf("the blocks are %q, want %q", got, test.want)
			}
		})
	}
}

// checkBlock compares what a block says of its rows with them.
func checkBlock(t *testing.T, table *schema.Table, file []arrow.Record, block takenBlock) {
	t.Helper()
	first, err := table.Keys(file[block.from])
	if err != nil {
		t.Fatal(err)
	}
	last, err := table.Keys(file[block.to-1])
	if err != nil {
		t.Fatal(err)
	}
	var count int64
	for _, rec := range file[block.from:block.to] {
		count += rec.NumRows()
	}
	if end := last.At(last.Len() - 1); block.rows != count || block.first != first.At(0) || block.last != end {
		t.Errorf("groups %d to %d have %d rows from %v to %v, not %+v", block.from, block.to, count, first.At(0), end, block)
	}
	newest, oldest := block.span.NewestActivity.UnixMicro(), block.span.OldestActivity.UnixMicro()
	if newest != block.first.Version || oldest != block.last.Version {
		t.Errorf("their activity is %+v", block.span)
	}
}

// The rows of groups that are not taken over have to be where the blocks leave room.
func TestRowsThatAreNotBetweenTheBlocksAreRefused(t *testing.T) {
	table := schema.InboxConversations()
	part := func(from int) arrow.Record { return recordtest.Plain(table, from, 10) }
	for name, test := range map[string]struct {
		file []arrow.Record
		want error
	}{
		"in order":          {[]arrow.Record{part(0), part(10), part(20)}, nil},
		"before the blocks": {[]arrow.Record{part(0), part(0), part(20)}, rows.ErrUnsorted},
		"behind them":       {[]arrow.Record{part(0), part(30), part(20)}, rows.ErrUnsorted},
	} {
		t.Run(name, func(t *testing.T) {
			over := takeover{file: groups{records: test.file}}
			for _, at := range []int{0, 2} {
				keys, err := table.Keys(test.file[at])
				if err != nil {
					t.Fatal(err)
				}
				over.blocks = append(over.blocks, takenBlock{from: at, to: at + 1, first: keys.At(0), last: keys.At(keys.Len() - 1)})
			}
			var got int64
			var failed error
			for rec, err := range over.rest(t.Context(), table) {
				if failed = err; err == nil {
					got += rec.NumRows()
				}
			}
			if !errors.Is(failed, test.want) || failed == nil && got != groupTest {
				t.Errorf("%d rows, and the error is %v", got, failed)
			}
		})
	}
}
