package prover

import (
	"slices"
	"sort"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// counts holds what a list has shown, for the comparison with the totals that
// the API states, and the signs that something moved.
type counts struct {
	seen rowTable
	// floor divides the rows that may have moved since the walk began from the
	// others; entered counts conversations as new as that which may not have been in
	// the list before.
	floor   int64
	entered int64
	// came counts those of them that no traversal showed: what a traversal shows may have
	// stood below the first page all the time. before is that when the latest walk began.
	came, before int64
	// lastEntry is when the latest page arrived that showed such a conversation first, and
	// lastBelow the same of a page of a traversal.
	lastEntry, lastBelow time.Time
	// back are rows whose lastActivityAt was lower when they were read again, with
	// the time they had; lowered says that one was no move of the walk.
	back    map[schema.IDHash]int64
	lowered bool
	// shown is when the newest version of a row that may have moved arrived: a response
	// to a request that was sent before may show an older one.
	shown map[schema.IDHash]time.Time
	// appeared counts old rows that came where everything had been seen, found those
	// that no earlier walk of the list had shown.
	appeared, found int64

	start   *int64 // totalItems of the first page
	levels  []level
	changes []period
	fell    bool
	// fellAgain is the same of the latest walk; odd says that the latest page showed
	// a row that moved with a time of before.
	fellAgain, odd bool
	moved          bool // a row has moved, or may have
	// shownAgain are the stretches that checks and sweeps of the latest walk showed again.
	shownAgain []stretch
	// unreliable says that a total was smaller than the place of a row, or did not change
	// though rows came or went: totals say nothing.
	unreliable bool
	audit      Audit
	print      uint64 // of the ids, whatever their order
}

// level is a total and when it was stated.
type level struct {
	period
	total int64
}

// period is the time of one or several requests.
type period struct{ from, to time.Time }

func newCounts() counts {
	return counts{floor: never, back: make(map[schema.IDHash]int64), shown: make(map[schema.IDHash]time.Time)}
}

// take counts the rows of a page. Of the first page everything was there before.
// Rows that are new, or newer than they were, have a time of quiet or more as a rule.
func (t *counts) take(r Page, first bool, seen *coverage, quiet int64) {
	t.odd = false
	t.audit.add(r.Audit)
	for _, row := range r.Rows {
		at, known := t.seen.put(row.ID[0], row.At)
		t.moved = t.moved || !first && at != row.At && row.At >= t.floor
		t.odd = t.odd || row.At < quiet && row.At >= t.floor && (!known || row.At > at)
		switch {
		case known && row.At >= at:
			delete(t.back, row.ID)
		case known && at < t.floor:
			t.back[row.ID], t.lowered = at, true
		case known:
			if t.shown[row.ID].Before(r.sent) {
				t.back[row.ID] = at
			}
		default:
			t.print ^= row.ID[1]
			switch {
			case first:
			case row.At < t.floor:
				t.found++
				if seen.within(row.At) {
					t.appeared++
				}
			case row.Created == never || row.Created >= t.floor:
				t.entered++
			}
		}
	}
	t.show(r)
	t.unreliable = t.unreliable || r.placed && len(r.Rows) > 0 && r.total != nil && *r.total < r.end
	if r.total != nil {
		t.levels = append(t.levels, level{period{r.sent, r.arrived}, *r.total})
		if n := len(t.levels); n > 2 && t.levels[n-2].total == *r.total && t.levels[n-3].total == *r.total {
			t.levels[n-2] = t.levels[n-1] // only changes matter
			t.levels = t.levels[:n-1]
		}
	}
}

// note counts the rows of a page of a plain pass, which says nothing of what moved.
func (t *counts) note(r Page) {
	t.audit.add(r.Audit)
	for _, row := range r.Rows {
		if _, known := t.seen.put(row.ID[0], row.At); !known {
			t.print ^= row.ID[1]
		}
	}
}

// show notes when the rows that may have moved were shown.
func (t *counts) show(r Page) {
	for _, row := range r.Rows {
		if row.At < t.floor {
			return
		}
		if at, _ := t.seen.get(row.ID[0]); at == row.At {
			t.shown[row.ID] = later(t.shown[row.ID], r.arrived)
		}
	}
}

// compare notes what changed from one page to a later one.
func (t *counts) compare(before, after Page) {
	moved := before.total == nil || after.total == nil || *before.total != *after.total
	if before.total != nil && after.total != nil && *after.total < *before.total {
		t.fell, t.fellAgain = true, true
	}
	if !moved && before.placed && after.placed && before.end == after.offset && len(before.Rows) > 0 && len(after.Rows) > 0 {
		last := before.Rows[len(before.Rows)-1]
		moved = after.Rows[0].At > last.At || slices.ContainsFunc(after.Rows, func(r Row) bool { return r.ID == last.ID })
	}
	if !moved {
		return
	}
	t.change(period{before.sent, after.arrived})
}

// change notes a period in which something changed. The periods are kept in order
// and apart.
func (t *counts) change(in period) {
	from, _ := slices.BinarySearchFunc(t.changes, in.from, func(one period, at time.Time) int { return one.to.Compare(at) })
	to := from
	for to < len(t.changes) && !t.changes[to].from.After(in.to) {
		if t.changes[to].from.Before(in.from) {
			in.from = t.changes[to].from
		}
		in.to = later(in.to, t.changes[to].to)
		to++
	}
	t.changes = slices.Replace(t.changes, from, to, in)
}

// moving reports whether anything has changed since the first page.
func (t *counts) moving() bool { return t.moved || len(t.changes) > 0 }

// changed reports whether anything changed in a period.
func (t *counts) changed(in period) bool {
	i, _ := slices.BinarySearchFunc(t.changes, in.from, func(one period, at time.Time) int { return one.to.Compare(at) })
	return i < len(t.changes) && !t.changes[i].from.After(in.to)
}

// distinct is the number of conversations that the list has shown.
func (t *counts) distinct() int64 { return int64(t.seen.len()) }

// counted reports whether the numbers alone prove that nothing is missing: no
// total fell, and everything that was there at the start or has come since was
// seen, which is what is there at the end.
func (t *counts) counted(end *int64) bool {
	return t.start != nil && end != nil && !t.unreliable && !t.fell && t.distinct() >= *t.start+t.entered && t.distinct() == *end
}

// telling reports whether totals show when the list changes.
func (t *counts) telling() bool { return t.start != nil && !t.unreliable }

// changedAround reports whether anything changed in the time of two pages, or as long
// before and after as responses may lie apart.
func (t *counts) changedAround(in period, settle time.Duration) bool {
	return t.changed(period{in.from.Add(-settle), in.to.Add(settle)})
}

// hidden reports whether a deletion at that time or later may be in no total, because a conversation
// entered at the same time. Nothing says when that was: only that it was before a page showed the
// conversation. While no total falls and no sweep shows a new conversation, the numbers tell.
func (t *counts) hidden(from, shown time.Time) bool {
	return (t.fell || t.came > t.before) && !from.After(shown)
}

// suspicious reports whether a row may have been missed in a gap. None was when
// the pages touch, and nothing changed as long before and after as responses may
// lie apart. When an entry at the top makes up for a deletion, a page repeats a row: but not the last page
// of a segment, which has no next one, nor when the entry has an old time. Where the lower page
// came first, nothing at all may have moved.
func (t *counts) suspicious(h gap, settle time.Duration) bool {
	switch {
	case h.above == nil || h.below == nil || !t.telling():
		return true
	case h.touches():
		shown := t.lastBelow
		if !h.below.head.followed {
			shown = t.lastEntry
		}
		return t.hidden(h.above.tail.sent.Add(-settle), shown) || t.changedAround(period{h.above.tail.sent, h.below.head.arrived}, settle)
	}
	tail, head := h.above.tail, h.below.head
	return tail.place < 0 || head.place < 0 || head.place > tail.place || t.moving()
}

// rise is by how much a total was larger than one that was stated at least so long
// before, beyond the conversations that have come since the walk began.
func (t *counts) rise(apart time.Duration) int64 {
	if t.unreliable {
		return 0
	}
	// The responses came in this order: those long enough before one are the first ones.
	least := make([]int64, len(t.levels)) // of the totals up to each
	var most int64
	for i, one := range t.levels {
		if least[i] = one.total; i > 0 {
			least[i] = min(least[i-1], one.total)
		}
		before := sort.Search(i, func(j int) bool { return one.from.Sub(t.levels[j].to) < apart })
		if before > 0 {
			most = max(most, one.total-least[before-1])
		}
	}
	return most - (t.came - t.before)
}

// anew begins another walk of the list: what has been seen stays.
func (t *counts) anew() {
	t.levels, t.appeared, t.found, t.before, t.fellAgain, t.shownAgain = nil, 0, 0, t.came, false, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
