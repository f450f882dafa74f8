package prover

import (
	"slices"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// sweep is one reading of a list from the top down to rows older than its target,
// by pages that overlap. One that is a single page is one moment.
type sweep struct {
	coverage coverage
	target   int64 // it ends at a row older than that
	reads    int64
	after    time.Time // not to be asked for before
	first    Page
	last     Page
	lowest   Page // the latest page that showed where the coverage ends
	// top is the newest time on the first page that is not in the future, and newest the newest one
	// that any page had shown by then.
	top, newest int64
	shown       map[schema.IDHash]int64 // the rows, and their newest times
	// odd says that it showed rows that moved with a time of before.
	odd    bool
	pushed bool // rows moved down between pages that overlap or touch
	// borders are the times of the pairs of pages that joined only because they touch.
	borders []period
	// shift is by how much the rows have moved down since they were read, as far as
	// the pages that did not fit say; stride by how much it changed last, up or down.
	shift, stride int64
}

func newSweep(target int64, after time.Time) *sweep {
	return &sweep{target: target, after: after, shown: make(map[schema.IDHash]int64)}
}

// request is the page to read next.
func (l *sweep) request(size int64, fixed bool) pageSpec {
	if l.reads == 0 {
		return pageSpec{page: 1}
	}
	place := max(l.coverage.intervals[0].tail.place+l.shift, 0)
	if fixed || size < 2 {
		return pageSpec{page: place/max(size, 1) + 1}
	}
	return onward(place, size)
}

// border is the time from the page that showed where the coverage ends to a later one.
func (l *sweep) border(r Page) period { return period{l.lowest.sent, r.arrived} }

// observe takes the page asked for. still says that nothing changed around its border.
// It reports whether the page touches the coverage in place and does not join it.
func (l *sweep) observe(r Page, still bool) (open bool) {
	l.reads++
	for _, row := range r.Rows {
		l.shown[row.ID] = max(row.At, l.shown[row.ID])
	}
	if l.reads == 1 {
		l.first, l.last, l.lowest, l.top = r, r, r, newestBefore(r)
		l.coverage.add(r)
		return false
	}
	before := l.coverage.intervals[0].tail
	touches := len(r.Rows) > 0 && r.placed && before.place == r.offset
	l.pushed = l.pushed || r.pushedSince(l.lowest)
	l.coverage.add(r)
	// What does not join the top is read again when it is known to.
	l.coverage.intervals = slices.DeleteFunc(l.coverage.intervals, func(one *interval) bool { return !one.top })
	top := l.coverage.intervals[0]
	switch {
	case top.end || top.tail.at < before.at || len(top.tail.ids) > len(before.ids):
		l.shift, l.stride = 0, 0
	case touches && still:
		// Servers that ignore the size asked for give pages that touch and do not
		// overlap, and so do pages of a few rows.
		l.borders = append(l.borders, l.border(r))
		s := intervalOf(r)
		top.tail, top.end = s.tail, s.end
		l.shift, l.stride = 0, 0
	default:
		open = touches
		l.miss(len(r.Rows) > 0 && r.Rows[0].At >= before.at, r.perPage)
	}
	if n := len(r.Rows); top.end || n > 0 && top.tail.place == r.end && slices.Contains(top.tail.ids, r.Rows[n-1].ID) {
		l.lowest = r
	}
	l.last = r
	return open
}

// miss has the next page read further down, or further up: twice as far as the time
// before in the same direction, and half as far back.
func (l *sweep) miss(down bool, perPage int64) {
	switch {
	case l.stride == 0:
		l.stride = max(perPage, 1)
		if !down {
			l.stride = -l.stride
		}
	case down == (l.stride > 0):
		l.stride = min(max(2*l.stride, -mostStride), mostStride)
	default:
		l.stride /= -2
		if l.stride == 0 {
			l.stride = -1
			if down {
				l.stride = 1
			}
		}
	}
	l.shift += l.stride
}

// stretch is the part of the list that it showed, as far as its first page is not older.
func (l *sweep) stretch() stretch {
	s := stretch{head: l.newest + 1, tail: never}
	if len(l.coverage.intervals) > 0 {
		s.tail = l.coverage.intervals[0].tail.at
	}
	for _, at := range l.shown {
		if at < s.head && at > s.tail {
			s.rows++
		}
	}
	return s
}

// done reports whether everything down to the target has been seen.
func (l *sweep) done() bool {
	if l.reads == 0 || len(l.coverage.intervals) == 0 {
		return l.reads > 0
	}
	top := l.coverage.intervals[0]
	return top.end || top.tail.at < l.target
}

// newestBefore is the newest time of a page that was not in the future when it
// was asked for: what is dated ahead says nothing of when rows move. When all of
// them are in the future, it is our clock that is wrong.
func newestBefore(r Page) int64 {
	now := r.sent.UnixMicro()
	for _, row := range r.Rows {
		if row.At <= now {
			return row.At
		}
	}
	if len(r.Rows) == 0 {
		return never
	}
	return r.Rows[0].At
}
