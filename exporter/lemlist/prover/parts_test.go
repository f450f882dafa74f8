package prover

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A page of a list that does not move, by places from 0.
func pageOf(list []Row, from, to int) Page {
	return Page{
		asked: 2, served: 2, next: 3, placed: true, perPage: int64(to - from), offset: int64(from), end: int64(to),
		Rows: list[from:to], sent: time.Unix(int64(from), 0), arrived: time.Unix(int64(from), 1),
	}
}

// Whatever pages came, in whatever order: a time is within the coverage only when every
// row of that time was on one of them, and without gaps every row was.
func TestCoverClaimsNoRowThatNoPageShowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		list := make([]Row, n)
		for i := range list {
			list[i] = Row{ID: modelID(i), At: rapid.Int64Range(1, 12).Draw(t, "at")}
		}
		slices.SortStableFunc(list, func(a, b Row) int { return cmp.Compare(b.At, a.At) })
		var c coverage
		seen := make([]bool, n)
		for range rapid.IntRange(1, 12).Draw(t, "pages") {
			from := rapid.IntRange(0, n-1).Draw(t, "from")
			to := rapid.IntRange(from+1, min(from+6, n)).Draw(t, "to")
			r := pageOf(list, from, to)
			if from == 0 {
				r.asked, r.served, r.next = 1, 1, 2
			}
			if to == n {
				r.next = 0
			}
			c.add(r)
			for i := from; i < to; i++ {
				seen[i] = true
			}
		}
		for at := range int64(14) {
			for i, row := range list {
				if row.At == at && c.within(at) && !seen[i] {
					t.Fatalf("time %d is within, row %d was not shown", at, i)
				}
			}
		}
		gaps := 0
		for range c.gaps(math.MaxInt64) {
			gaps++
		}
		if gaps == 0 && slices.Contains(seen, false) {
			t.Fatal("no gap, and a row that was not shown")
		}
		if !slices.Contains(seen, false) && gaps > 0 && c.intervals[0].top && len(c.intervals) == 1 && c.intervals[0].end {
			t.Fatal("a gap in one interval from the top to the end")
		}
	})
}

// A page whose rows are all of one time joins what begins or ends in that time only
// through a row: others of that time may stand between them.
func TestAPageOfOneTimeJoinsThroughARow(t *testing.T) {
	list := make([]Row, 9) // seven of one time, and one on either side
	for i := range list {
		list[i] = Row{ID: modelID(i), At: 8}
	}
	list[0].At, list[8].At = 9, 7
	for name, test := range map[string]struct {
		pages [][2]int
		want  int // intervals
	}{
		"apart at the head":      {[][2]int{{6, 9}, {2, 4}}, 2},
		"apart at the tail":      {[][2]int{{0, 3}, {5, 7}}, 2},
		"two pages of the time":  {[][2]int{{2, 4}, {5, 7}}, 2},
		"a row at the head":      {[][2]int{{5, 9}, {3, 6}}, 1},
		"a row at the tail":      {[][2]int{{0, 4}, {3, 6}}, 1},
		"through a third page":   {[][2]int{{6, 9}, {2, 4}, {3, 7}}, 1},
		"spanned by another one": {[][2]int{{0, 9}, {4, 6}}, 1},
	} {
		var c coverage
		for _, at := range test.pages {
			c.add(pageOf(list, at[0], at[1]))
		}
		if len(c.intervals) != test.want {
			t.Errorf("%s: %d intervals, want %d", name, len(c.intervals), test.want)
		}
	}
}

// Pages that only touch leave a gap, those that share a row do not; nor is there
// one where all rows are as new as the floor.
func TestCoverJoinsByOverlapOnly(t *testing.T) {
	list := make([]Row, 30)
	for i := range list {
		list[i] = Row{ID: modelID(i), At: int64(30-i) / 3} // three rows of a time
	}
	for name, one := range map[string]struct {
		pages [][2]int
		floor int64
		gaps  int
	}{
		"two that touch":                  {[][2]int{{5, 10}, {10, 15}}, math.MaxInt64, 3},
		"two that share a row":            {[][2]int{{5, 10}, {9, 15}}, math.MaxInt64, 2},
		"joined by a third":               {[][2]int{{5, 10}, {12, 15}, {9, 13}}, math.MaxInt64, 2},
		"the lower first":                 {[][2]int{{9, 15}, {5, 10}}, math.MaxInt64, 2},
		"one within another":              {[][2]int{{5, 15}, {8, 10}}, math.MaxInt64, 2},
		"of one time, other rows":         {[][2]int{{3, 5}, {5, 6}}, math.MaxInt64, 3},
		"as new as the floor":             {[][2]int{{1, 5}, {10, 15}}, list[10].At, 1},
		"the gap reaches below the floor": {[][2]int{{5, 10}, {12, 15}}, list[12].At + 1, 2},
	} {
		var c coverage
		for _, page := range one.pages {
			c.add(pageOf(list, page[0], page[1]))
		}
		gaps := 0
		for range c.gaps(one.floor) {
			gaps++
		}
		if gaps != one.gaps {
			t.Errorf("%s: %d gaps, want %d", name, gaps, one.gaps)
		}
	}
}

// The page around a place lies across it, and none of that size or less reaches
// further to both sides.
func TestAroundReachesFurthest(t *testing.T) {
	for most := int64(1); most <= 30; most++ {
		for place := range int64(200) {
			reach := func(s pageSpec) int64 { return min(place-(s.page-1)*s.size, s.page*s.size-place) }
			var best int64
			for size := int64(1); size <= most; size++ {
				best = max(best, reach(pageSpec{place/size + 1, size}))
			}
			got, ok := around(place, most)
			if ok != (best > 0) || ok && (got.size > most || reach(got) != best) {
				t.Fatalf("place %d, at most %d: %v reaches %d, the best %d", place, most, got, reach(got), best)
			}
		}
	}
}

// The next page of a sweep holds the row above the place, and rows below it. (Of very
// small pages all sizes may end at the place.)
func TestOnwardOverlapsAndGoesOn(t *testing.T) {
	for most := int64(2); most <= 100; most++ {
		for place := int64(1); place < 1000; place++ {
			got := onward(place, most)
			if from, to := (got.page-1)*got.size, got.page*got.size; from >= place || to < place || got.size > most || to == place && most > 9 {
				t.Fatalf("place %d, at most %d: %v is %d to %d", place, most, got, from, to)
			}
		}
	}
}

// Of totals only those count that were stated long enough one after the other.
func TestRiseOfTotals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := newCounts()
		at := time.Unix(1_700_000_000, 0)
		for range rapid.IntRange(0, 20).Draw(t, "answers") {
			at = at.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "after")) * time.Millisecond)
			sent := at.Add(-time.Duration(rapid.IntRange(0, 40).Draw(t, "took")) * time.Millisecond)
			counts.levels = append(counts.levels, level{period{sent, at}, rapid.Int64Range(0, 9).Draw(t, "total")})
		}
		apart := time.Duration(rapid.IntRange(0, 50).Draw(t, "apart")) * time.Millisecond
		var want int64
		for i, one := range counts.levels {
			for _, other := range counts.levels[i+1:] {
				if other.from.Sub(one.to) >= apart {
					want = max(want, other.total-one.total)
				}
			}
		}
		if got := counts.rise(apart); got != want {
			t.Fatalf("%d, want %d", got, want)
		}
	})
}

// The search for a gap finds the row above it, wherever the list has moved to.
func TestTheSearchForAGapFindsIt(t *testing.T) {
	for _, perPage := range []int64{4, 10, 100} {
		for _, shift := range []int64{-300, -90, -10, -1, 0, 1, 9, 50, 101, 900} {
			list := make([]Row, 3000)
			for i := range list {
				list[i] = Row{ID: modelID(i), At: int64(3000 - i)}
			}
			const place = 1000 // the row above the gap is the 1000th
			above := pageOf(list, place-2, place)
			below := pageOf(list, place, place+2)
			upper, lower := intervalOf(above), intervalOf(below)
			h := gap{upper, lower}
			moved := slices.Clone(list)
			for i := range shift {
				moved = slices.Insert(moved, 0, Row{ID: modelID(5000 + int(i)), At: 4000 + i})
			}
			moved = moved[max(-shift, 0):]
			c, found := newChecks(time.Unix(0, 0)), false
			for range mostTries {
				spec := c.request(h, perPage, false)
				from := min((spec.page-1)*spec.size, int64(len(moved)))
				to := min(from+spec.size, int64(len(moved)))
				r := pageOf(moved, int(from), int(to))
				if r.Rows[0].At >= upper.tail.at && r.Rows[len(r.Rows)-1].At <= lower.head.at {
					found = true
					break
				}
				c.observe(c.search(h), &h, r, false)
			}
			if tries := c.search(h).tries; !found || shift == 0 && tries > 1 {
				t.Errorf("pages of %d, moved by %d: found %v with %d pages", perPage, shift, found, tries)
			}
		}
	}
}

// What one check learns of the movement, the next one knows.
func TestChecksShareHowFarTheListHasMoved(t *testing.T) {
	list := make([]Row, 300)
	for i := range list {
		list[i] = Row{ID: modelID(i), At: int64(300 - i)}
	}
	moved := slices.Insert(slices.Clone(list), 0, list[:40]...) // 40 more on top
	edges := func(place int) gap {
		upper, lower := intervalOf(pageOf(list, place-10, place)), intervalOf(pageOf(list, place, place+10))
		return gap{upper, lower}
	}
	c := newChecks(time.Unix(1000, 0))
	first := edges(100)
	c.request(first, 10, false)
	c.observe(c.search(first), &first, pageOf(moved, 135, 145), false)
	if got, want := c.request(edges(200), 10, false), int64(240); (got.page-1)*got.size >= want || got.page*got.size <= want {
		t.Errorf("the second check asks for %v, not for what lies across %d", got, want)
	}
}

// Pages that touch in place join a sweep when both are of one total. A page that is
// read again does not make up for the one above it, which is of another.
func TestALookJoinsTouchingPagesOfOneTotal(t *testing.T) {
	list := make([]Row, 9)
	for i := range list {
		list[i] = Row{ID: modelID(i), At: int64(20 - i)}
	}
	page := func(of []Row, number int) Page {
		r := pageOf(of, 2*number-2, 2*number)
		r.asked, r.served, r.next = int64(number), int64(number), int64(number)+1
		r.total = new(int64(len(of)))
		return r
	}
	less := list[1:] // the newest row is deleted, the others move up
	l := newSweep(never, time.Time{})
	for _, step := range []struct {
		page Page
		end  int // the row that the sweep has come to
	}{
		{page(list, 1), 1}, {page(list, 2), 3},
		{page(less, 3), 3}, {page(less, 3), 3}, // row 4 is above these
		{page(less, 2), 4}, {page(less, 3), 6},
	} {
		l.observe(step.page, l.reads > 0 && *l.lowest.total == *step.page.total)
		if got := l.coverage.intervals[0].tail.at; got != list[step.end].At {
			t.Fatalf("after page %d of %d rows the sweep has come to %d, want %d", step.page.asked, *step.page.total, got, list[step.end].At)
		}
	}
}
