package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

func TestRememberedRowsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(func(t *rapid.T) rowPrint {
			return rowPrint{rapid.Uint64().Draw(t, "id"), rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{schema.NoVersion, 0, math.MaxInt64})).Draw(t, "version")}
		})).Draw(t, "rows")
		slices.SortFunc(rows, rowPrint.compare)
		got, err := decodePrints(encodePrints(rows))
		if err != nil || !slices.Equal(got, rows) {
			t.Fatalf("%v: %v came back as %v", err, rows, got)
		}
	})
}

func FuzzRememberedRows(f *testing.F) {
	f.Add(encodePrints([]rowPrint{{1, 2}, {3, schema.NoVersion}}))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := decodePrints(text)
		if err != nil || !slices.IsSortedFunc(rows, rowPrint.compare) {
			return
		}
		if again, err := decodePrints(encodePrints(rows)); err != nil || !slices.Equal(again, rows) {
			t.Errorf("%v: %v came back as %v", err, rows, again)
		}
	})
}

// What a manifest remembers is bounded. Where that is less than the lookback, the
// floor is above all rows that are forgotten.
func TestRememberedRowsAreBounded(t *testing.T) {
	newest := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		rows  int
		every time.Duration
		same  int // rows of one time
		want  time.Duration
		most  int
	}{
		"few":                   {rows: 50, every: time.Second, same: 1, want: 30 * time.Minute, most: 50},
		"a page below":          {rows: 1000, every: 10 * time.Second, same: 1, want: 30 * time.Minute, most: 181 + belowFloor},
		"too many":              {rows: 20_000, every: time.Second / 10, same: 1, want: 30*time.Second - time.Microsecond, most: 300 + belowFloor},
		"too many of each time": {rows: 20_000, every: time.Second, same: 70, want: 4*time.Second - time.Microsecond, most: 4*70 + belowFloor},
		"all of one time":       {rows: 2000, every: time.Second, same: 2000, want: 30 * time.Minute, most: 2000},
	} {
		t.Run(name, func(t *testing.T) {
			shown := newRecall(recentLimit(1000))
			for row := range test.rows {
				version := newest.Add(-time.Duration(row/test.same) * test.every).UnixMicro()
				if shown.wants(version) {
					shown.add(printOf(fmt.Sprint(row), version))
				}
			}
			got := shown.recent(newest, 30*time.Minute, math.MinInt64)
			expected := func() int64 {
				return min(int64(test.rows), int64(newest.Sub(got.Floor)/test.every+1)*int64(test.same))
			}
			if *got.Known != expected() {
				t.Errorf("a merge knows %d conversations, want %d", *got.Known, expected())
			}
			shown.remember(&got, nil, true)
			if lookback := newest.Sub(got.Floor); lookback != test.want {
				t.Errorf("the floor is %v below the watermark, want %v", lookback, test.want)
			}
			rows, err := decodePrints(got.Rows)
			if err != nil || len(rows) > test.most {
				t.Errorf("%v: %d rows are remembered, at most %d are wanted", err, len(rows), test.most)
			}
			var since int64
			for _, row := range rows {
				if row.version >= got.Floor.UnixMicro() {
					since++
				}
			}
			if since != expected() || *got.Known != expected() {
				t.Errorf("%d rows since the floor, %d stated, want %d", since, *got.Known, expected())
			}
		})
	}
}

// A conversation that moved while it was read counts once.
func TestAConversationIsKnownOnce(t *testing.T) {
	shown := newRecall(10)
	shown.add(printOf("a", 100))
	shown.add(printOf("a", 200))
	shown.add(printOf("b", 50))
	got := shown.recent(time.UnixMicro(200), 120*time.Microsecond, math.MinInt64)
	one := int64(1)
	if diff := cmp.Diff(exporter.Recent{Floor: time.UnixMicro(80).UTC(), Known: &one}, got); diff != "" {
		t.Error(diff)
	}
	// A walk that went down to 150 knows nothing of what is older.
	if got = shown.recent(time.UnixMicro(200), 120*time.Microsecond, 150); got.Floor.UnixMicro() != 150 {
		t.Errorf("the floor is %v", got.Floor)
	}
}
