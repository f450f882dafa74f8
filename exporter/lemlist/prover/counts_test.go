package prover

import (
	"testing"
	"time"
)

// The numbers alone prove a list only when nothing went and they are exactly right.
func TestNumbersProveOnlyWhatAddsUp(t *testing.T) {
	for name, one := range map[string]struct {
		start, entered, seen, end int64
		fell, vague               bool
		want                      bool
	}{
		"a list at rest":               {start: 20, seen: 20, end: 20, want: true},
		"two entered and were seen":    {start: 20, entered: 2, seen: 22, end: 22, want: true},
		"one is missing":               {start: 20, seen: 19, end: 20},
		"one more than at the end":     {start: 20, seen: 20, end: 19},
		"one less than at the end":     {start: 20, seen: 20, end: 21},
		"one entered for one missed":   {start: 20, entered: 1, seen: 20, end: 20},
		"one less than at the start":   {start: 20, seen: 19, end: 19},
		"a total fell":                 {start: 20, seen: 20, end: 20, fell: true},
		"totals smaller than the rows": {start: 20, seen: 20, end: 20, vague: true},
	} {
		counts := newCounts()
		counts.start, counts.entered, counts.fell, counts.unreliable = &one.start, one.entered, one.fell, one.vague
		for i := range one.seen {
			counts.seen.put(uint64(i+1), 1)
		}
		if got := counts.counted(&one.end); got != one.want {
			t.Errorf("%s: %v", name, got)
		}
		if counts.counted(nil) {
			t.Errorf("%s, without a total at the end: counted", name)
		}
	}
}

// A gap between pages that touch is suspicious only when something changed about
// then, answers being as late as the margin says; others when anything moved.
func TestAGapIsSuspiciousWhenSomethingChangedNearIt(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0)
	at := func(ms int) time.Time { return begin.Add(time.Duration(ms) * time.Millisecond) }
	edgeAt := func(place int64, sent, arrived int) edge {
		return edge{place: place, sent: at(sent), arrived: at(arrived)}
	}
	const settle = 100 * time.Millisecond
	for name, one := range map[string]struct {
		tail, head edge
		shake      [2]int
		want       bool
	}{
		"nothing changed":                  {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{0, 0}, false},
		"a change in between":              {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{1005, 1015}, true},
		"a change just before":             {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{880, 900}, true},
		"a change long before":             {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{880, 899}, false},
		"a change just after":              {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{1130, 1140}, true},
		"a change long after":              {edgeAt(10, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{1131, 1140}, false},
		"the lower first, a change before": {edgeAt(10, 1000, 1010), edgeAt(10, 980, 990), [2]int{1, 2}, true},
		"in flight together":               {edgeAt(10, 1000, 1010), edgeAt(10, 1009, 1030), [2]int{1, 2}, true},
		"pages apart, a change before":     {edgeAt(10, 1000, 1010), edgeAt(11, 1020, 1030), [2]int{1, 2}, true},
		"a place that is unknown":          {edgeAt(-1, 1000, 1010), edgeAt(10, 1020, 1030), [2]int{1, 2}, true},
	} {
		counts := newCounts()
		counts.start = new(int64(20))
		if one.shake != [2]int{} {
			counts.change(period{at(one.shake[0]), at(one.shake[1])})
		}
		h := gap{&interval{tail: one.tail}, &interval{head: one.head}}
		if got := counts.suspicious(h, settle); got != one.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
