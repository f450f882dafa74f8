package report

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// Every moment is in one point or counted as early, whatever the span.
func TestTimelineLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := newTimeline()
		span := rapid.Int64Range(1, 100_000).Draw(t, "days")
		for _, offset := range rapid.SliceOfN(rapid.Int64Range(0, span*86400), 1, 50).Draw(t, "seconds") {
			line.add(seriesCreated, time.Unix(offset, 0))
		}
		if rapid.Bool().Draw(t, "many") {
			for i := range 5000 {
				line.add(seriesActive, time.Unix(int64(i)*86400, 0))
			}
		}
		if len(line.buckets) > mostBuckets {
			t.Fatalf("%d buckets", len(line.buckets))
		}
		var all, drawn moments
		for _, counts := range line.buckets {
			add(&all, *counts)
		}
		step, points, early := line.points()
		for i, one := range points {
			add(&drawn, one.counts)
			if i > 0 && !one.start.Equal(step.next(points[i-1].start)) {
				t.Fatalf("%s does not follow %s by one %s", one.start, points[i-1].start, step)
			}
		}
		if drawn.sum()+early < all.sum() || early*200 > all.sum() {
			t.Fatalf("%d drawn and %d early of %d", drawn.sum(), early, all.sum())
		}
		if len(points) > 300 {
			t.Fatalf("%d points of one %s", len(points), step)
		}
	})
}

func add(into *moments, counts moments) {
	for i, n := range counts {
		into[i] += n
	}
}

// A tally counts every name, and keeps a bounded number of bounded names.
func TestTallyIsBounded(t *testing.T) {
	names := newTally[int64]()
	const more = mostKeys + 500
	for i := range more {
		*names.at(fmt.Sprint(i, strings.Repeat("é", 200)))++
	}
	var counted int64
	for name, n := range names.of {
		counted += *n
		if len(name) > longestKey+len("…") || !utf8.ValidString(name) {
			t.Fatalf("a name of %d bytes: %q", len(name), name)
		}
	}
	if len(names.of) != mostKeys || counted+names.rest != more {
		t.Errorf("%d names, %d counted and %d together", len(names.of), counted, names.rest)
	}
}

func TestShareSaysAllAndNothingOnlyWhenItIs(t *testing.T) {
	for want, parts := range map[string][2]int64{
		"–": {0, 0}, "0%": {0, 9}, "<1%": {1, 1000}, "33%": {1, 3}, ">99%": {999, 1000}, "100%": {7, 7},
	} {
		if got := share(parts[0], parts[1]); got != want {
			t.Errorf("%d of %d: %s, want %s", parts[0], parts[1], got, want)
		}
	}
}

// The scale reaches over every column and has few, round marks.
func TestNiceTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		top := rapid.Int64Range(0, 1_000_000_000).Draw(t, "top")
		ticks := niceTicks(top)
		if last := ticks[len(ticks)-1]; last < top || len(ticks) > 5 || last > 4*max(top, 1) {
			t.Fatalf("%v for %d", ticks, top)
		}
	})
}

// A duration is in the column whose edges are around it.
func TestHistogram(t *testing.T) {
	h := newHistogram()
	for i, d := range []time.Duration{-time.Hour, 0, time.Hour - 1, time.Hour, 7 * day, 1000 * day} {
		h.add(d)
		if h.total != int64(i+1) {
			t.Fatalf("%d counted", h.total)
		}
	}
	if h.counts[0] != 3 || h.counts[1] != 1 || h.counts[5] != 1 || h.counts[7] != 1 || h.below(0) != 3 || h.below(5) != 5 {
		t.Errorf("counts %v", h.counts)
	}
}
