package prover

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// coverage is what has been seen of a list, as intervals of time. A page shows every row
// that stood in the list at its moment and is older than its first row and newer
// than its last one. So the rows that did not move are covered as soon as the
// intervals join: in whatever order the pages came, wherever they began, and
// whatever was deleted. See docs/walk.md.
type coverage struct {
	// intervals are newest first. Pages that touch stay apart, so there may be one for every page of
	// the list, and those of a segment come between others: pointers are cheap to move.
	intervals []*interval
}

// interval is a stretch of the list without a gap. Its head is above every time
// when nothing stands above it, and its tail below every time at the end of the list.
type interval struct {
	head, tail edge
	top        bool // nothing stands above it
	end        bool // nothing stands below it
}

// edge is one end of an interval.
type edge struct {
	at int64 // lastActivityAt of the row at the end
	// ids are rows of that time that were seen here, the outermost first: rows of one
	// time have an order that only their ids show. They are mostIDs at the most:
	// without the others a page may not join, and is checked once more.
	ids []schema.IDHash
	// place is how many rows of the list stood above the edge when it was read; the
	// row itself is among them at a tail. Negative when it is unknown.
	place int64
	// sent and arrived are those of the page, and followed says that the page after it was
	// read next.
	sent, arrived time.Time
	followed      bool
}

// mostIDs bounds the rows of one time that are kept at an edge.
const mostIDs = 1000

// intervalOf is the interval of a page, which has a row at the least.
func intervalOf(r Page) *interval {
	first, last := r.Rows[0].At, r.Rows[len(r.Rows)-1].At
	s := &interval{
		head: edge{at: first, place: -1, sent: r.sent, arrived: r.arrived, followed: r.followed},
		tail: edge{at: last, place: -1, sent: r.sent, arrived: r.arrived, followed: r.followed},
		top:  r.asked == 1 && r.served == 1,
		end:  r.next == 0 && r.served == r.asked,
	}
	for _, row := range r.Rows {
		if row.At == first {
			s.head.ids = append(s.head.ids, row.ID)
		}
		if row.At == last {
			s.tail.ids = append(s.tail.ids, row.ID)
		}
	}
	slices.Reverse(s.tail.ids)
	if r.placed {
		s.head.place, s.tail.place = r.offset, r.end
	}
	if s.top { // no row is newer at this moment
		s.head = edge{at: math.MaxInt64}
	}
	if s.end {
		s.tail = edge{at: never}
	}
	return s
}

// add takes a page.
func (c *coverage) add(r Page) {
	if len(r.Rows) == 0 {
		if r.asked == 1 && r.next == 0 { // an empty list
			c.intervals = []*interval{{head: edge{at: math.MaxInt64}, tail: edge{at: never}, top: true, end: true}}
		}
		return
	}
	s := intervalOf(r)
	from, _ := slices.BinarySearchFunc(c.intervals, s.head.at, func(one *interval, at int64) int { return cmp.Compare(at, one.tail.at) })
	to := from
	for to < len(c.intervals) && c.intervals[to].head.at >= s.tail.at {
		to++
	}
	var apart []*interval
	for again := true; again; { // an interval may join only after another has
		again, apart = false, nil
		for _, one := range c.intervals[from:to] {
			if one.joins(s) {
				s, again = s.with(one), true
			} else {
				apart = append(apart, one)
			}
		}
		c.intervals = slices.Replace(c.intervals, from, to, apart...)
		to = from + len(apart)
	}
	at, _ := slices.BinarySearchFunc(c.intervals, s, func(a, b *interval) int {
		return cmp.Or(cmp.Compare(b.head.at, a.head.at), cmp.Compare(b.tail.at, a.tail.at), cmp.Compare(a.head.place, b.head.place))
	})
	c.intervals = slices.Insert(c.intervals, at, s)
}

// joins reports whether no row that did not move can stand between two intervals:
// they have a stretch of time in common, or a single one that either of them spans
// or in which both have shown the same row.
func (s *interval) joins(other *interval) bool {
	newest, oldest := min(s.head.at, other.head.at), max(s.tail.at, other.tail.at)
	if newest != oldest {
		return newest > oldest
	}
	return s.spans(newest) || other.spans(newest) || share(s.edgeIDs(newest), other.edgeIDs(newest))
}

// spans reports whether every row of that time is in the interval.
func (s *interval) spans(at int64) bool {
	return (s.top || at < s.head.at) && (s.end || at > s.tail.at)
}

// edgeIDs are the rows of that time that were seen at the interval's ends.
func (s *interval) edgeIDs(at int64) []schema.IDHash {
	var ids []schema.IDHash
	if s.head.at == at {
		ids = append(ids, s.head.ids...)
	}
	if s.tail.at == at {
		ids = append(ids, s.tail.ids...)
	}
	return ids
}

// share reports whether a row is in both.
func share(a, b []schema.IDHash) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(a) < 4 { // nearly always: rows of one time are few
		return slices.ContainsFunc(a, func(id schema.IDHash) bool { return slices.Contains(b, id) })
	}
	known := setOf(a)
	return slices.ContainsFunc(b, func(id schema.IDHash) bool { _, ok := known[id]; return ok })
}

func setOf(ids []schema.IDHash) map[schema.IDHash]struct{} {
	set := make(map[schema.IDHash]struct{}, len(ids))
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return set
}

// with joins two intervals.
func (s *interval) with(other *interval) *interval {
	return &interval{
		head: s.head.further(other.head, 1), tail: s.tail.further(other.tail, -1),
		top: s.top || other.top, end: s.end || other.end,
	}
}

// further is the edge that reaches further in a direction, 1 is up. Of two in one
// time it is the one that has shown the outermost row of the other, or else the later
// one; with the rows of both.
func (e edge) further(other edge, direction int) edge {
	c := direction * cmp.Compare(e.at, other.at)
	if c == 0 {
		c = cmp.Or(e.beyond(other)-other.beyond(e), e.sent.Compare(other.sent))
	}
	if c < 0 {
		e, other = other, e
	}
	if e.at == other.at {
		known := setOf(e.ids)
		e.ids = slices.Clone(e.ids)
		for _, id := range other.ids {
			if _, ok := known[id]; !ok && len(e.ids) < mostIDs {
				e.ids = append(e.ids, id)
			}
		}
	}
	return e
}

// beyond is 1 when the edge has shown the outermost row of another one in its time.
func (e edge) beyond(other edge) int {
	if len(other.ids) > 0 && slices.Contains(e.ids, other.ids[0]) {
		return 1
	}
	return 0
}

// within reports whether rows of that time would have been seen.
func (c *coverage) within(at int64) bool {
	i, _ := slices.BinarySearchFunc(c.intervals, at, func(one *interval, at int64) int { return cmp.Compare(at, one.tail.at) })
	if i == len(c.intervals) {
		return false
	}
	return c.intervals[i].spans(at)
}

// gap is a stretch that has not been seen: below the interval above, or at the top
// when there is none; down to the interval below, or to the end.
type gap struct{ above, below *interval }

// from is the edge by which a gap is found, and known.
func (h gap) from() edge {
	if h.above != nil {
		return h.above.tail
	}
	return h.below.head
}

func (h gap) id() schema.IDHash { return h.from().ids[0] }

// touches reports whether the pages on both sides touch in place, and the lower one
// was asked for when the upper one had come. Then only rows that move up can be missed.
func (h gap) touches() bool {
	if h.above == nil || h.below == nil {
		return false
	}
	tail, head := h.above.tail, h.below.head
	return tail.place >= 0 && head.place >= 0 && head.place <= tail.place && !head.sent.Before(tail.arrived)
}

// gaps yields the gaps that rows older than floor may stand in, from the top down.
func (c *coverage) gaps(floor int64) iter.Seq[gap] {
	return func(yield func(gap) bool) {
		for i, one := range c.intervals {
			switch {
			case one.head.at >= floor, i > 0 && c.intervals[i-1].end:
			case i > 0 && !yield(gap{c.intervals[i-1], one}), i == 0 && !one.top && !yield(gap{nil, one}):
				return
			}
		}
		if n := len(c.intervals); n > 0 && !c.intervals[n-1].end {
			yield(gap{c.intervals[n-1], nil})
		}
	}
}
