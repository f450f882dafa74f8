package prover

import (
	"time"

	"github.com/lemexport/lemexport/schema"
)

const (
	// mostTries bounds the pages that are read for one gap.
	mostTries = 24
	// mostStride bounds the steps of the search for it, in rows.
	mostStride = 1 << 20
)

// checks close the gaps between the pages of a traversal that may hide a row, each
// by a page that lies across it.
type checks struct {
	began    time.Time // when the page before the first check arrived
	searches map[schema.IDHash]*search
	// shift is by how much rows have moved down since the traversal read them, as far
	// as the latest check says.
	shift int64
}

// search is the search for one gap: from the row above it, or below the gap at the top.
type search struct {
	edge
	open  bool // a request is in flight
	tries int
	// off corrects the place where the gap should be. above and below are
	// corrections that led to a page above the gap, and below it; stride is by how
	// much the next one goes further.
	off          int64
	above, below *int64
	stride       int64
}

func newChecks(began time.Time) *checks {
	return &checks{began: began, searches: make(map[schema.IDHash]*search)}
}

func (c *checks) search(h gap) *search {
	one := c.searches[h.id()]
	if one == nil {
		one = &search{edge: h.from()}
		if one.sent.Before(c.began) {
			one.off = c.shift
		}
		c.searches[h.id()] = one
	}
	return one
}

// request is the page for a gap.
func (c *checks) request(h gap, size int64, fixed bool) pageSpec {
	one := c.search(h)
	one.open = true
	one.tries++
	place := max(one.place+one.off, 0)
	if across, ok := around(place, size); ok && !fixed {
		return across
	}
	// Both pages that meet there, one after the other.
	if one.tries%2 == 1 {
		place = max(place-1, 0)
	}
	meets := pageSpec{page: place/max(size, 1) + 1, size: size}
	if fixed {
		meets.size = 0
	}
	return meets
}

// observe takes the page for a gap; h is what is left of it, nil when it is closed.
func (c *checks) observe(one *search, h *gap, r Page, fixed bool) {
	one.open = false
	for i, row := range r.Rows {
		if row.ID == one.ids[0] && row.At == one.at && r.placed {
			one.off = r.offset + int64(i) + 1 - one.place
			one.above, one.below, one.stride = nil, nil, 0
			if one.sent.Before(c.began) {
				c.shift = one.off
			}
			return
		}
	}
	if h == nil {
		return
	}
	if fixed && h.below != nil && len(r.Rows) > 0 && r.Rows[0].ID == h.below.head.ids[0] && r.placed {
		one.off = r.offset - one.place // the gap is at its top: the page above is next
		return
	}
	off := one.off
	if len(r.Rows) > 0 && r.Rows[0].At > one.at {
		one.above = &off
	} else {
		one.below = &off
	}
	one.stride = min(max(2*one.stride, (r.perPage+1)/2, 1), mostStride)
	switch {
	case one.above == nil:
		one.off -= one.stride
	case one.below == nil:
		one.off += one.stride
	case *one.below-*one.above > 1:
		one.off = (*one.above + *one.below) / 2
	default: // the list has moved meanwhile
		one.above, one.below, one.stride = nil, nil, 0
	}
}
