package report

import (
	"maps"
	"slices"
	"time"
)

// series of a timeline.
const (
	seriesActive = iota
	seriesCreated
	seriesReplied
	seriesCount
)

// step is the width of a bucket of time.
type step int

const (
	days step = iota
	weeks
	months
	years
)

func (s step) String() string { return [...]string{"day", "week", "month", "year"}[s] }

// start is the beginning of the bucket that a time is in, in UTC. Weeks begin on
// Mondays.
func (s step) start(at time.Time) time.Time {
	year, month, day := at.UTC().Date()
	switch s {
	case days:
	case weeks:
		day -= (int(at.UTC().Weekday()) + 6) % 7
	case months:
		day = 1
	case years:
		month, day = time.January, 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

func (s step) next(start time.Time) time.Time {
	switch s {
	case days:
		return start.AddDate(0, 0, 1)
	case weeks:
		return start.AddDate(0, 0, 7)
	case months:
		return start.AddDate(0, 1, 0)
	case years:
	}
	return start.AddDate(1, 0, 0)
}

// mostBuckets bounds the memory of a timeline: eleven years of days.
const mostBuckets = 4000

// timeline counts moments by day; by month or year when there would be too many.
type timeline struct {
	step    step
	buckets map[time.Time]*moments
}

// moments are the counts of one bucket, by series.
type moments [seriesCount]int64

func newTimeline() timeline { return timeline{buckets: map[time.Time]*moments{}} }

func (t *timeline) add(series int, at time.Time) {
	start := t.step.start(at)
	bucket := t.buckets[start]
	if bucket == nil {
		bucket = new(moments)
		t.buckets[start] = bucket
	}
	bucket[series]++
	switch {
	case len(t.buckets) <= mostBuckets:
	case t.step == days:
		t.buckets, t.step = t.by(months), months
	case t.step == months:
		t.buckets, t.step = t.by(years), years
	}
}

// by sums the buckets up to coarser ones.
func (t *timeline) by(coarse step) map[time.Time]*moments {
	sums := map[time.Time]*moments{}
	for start, counts := range t.buckets {
		into := sums[coarse.start(start)]
		if into == nil {
			into = new(moments)
			sums[coarse.start(start)] = into
		}
		for i, n := range counts {
			into[i] += n
		}
	}
	return sums
}

// point is one bucket of what is drawn.
type point struct {
	start  time.Time
	counts moments
}

// The most points of a drawing, by step: about two months of days, two and a
// half years of weeks, fifteen years of months.
const (
	mostDays   = 62
	mostWeeks  = 130
	mostMonths = 180
)

// points lists every bucket from the first to the last, empty ones too, with the
// step that suits their span. A few moments far before all others are not drawn,
// but counted as early.
func (t *timeline) points() (drawn step, points []point, early int64) {
	starts := slices.SortedFunc(maps.Keys(t.buckets), time.Time.Compare)
	if len(starts) == 0 {
		return days, nil, 0
	}
	last := starts[len(starts)-1]
	first, early := t.first(starts)
	span := last.Sub(first).Hours() / 24
	switch drawn = years; {
	case t.step == years:
	case span < mostMonths*30:
		drawn = months
	}
	if t.step == days && span < mostWeeks*7 {
		drawn = weeks
	}
	if t.step == days && span < mostDays {
		drawn = days
	}
	sums := t.by(drawn)
	for start := drawn.start(first); !start.After(last); start = drawn.next(start) {
		one := point{start: start}
		if counts := sums[start]; counts != nil {
			one.counts = *counts
		}
		points = append(points, one)
	}
	return drawn, points, early
}

// first is where the drawing starts: behind the first few of all moments, if
// what is left takes less than half of the time.
func (t *timeline) first(starts []time.Time) (first time.Time, early int64) {
	const few = 200 // one in
	var all, before int64
	for _, counts := range t.buckets {
		all += counts.sum()
	}
	whole := starts[len(starts)-1].Sub(starts[0])
	for _, start := range starts {
		if starts[len(starts)-1].Sub(start) < whole/2 {
			return start, before
		}
		before += t.buckets[start].sum()
		if before*few > all {
			break
		}
	}
	return starts[0], 0
}

func (m moments) sum() (n int64) {
	for _, one := range m {
		n += one
	}
	return n
}
