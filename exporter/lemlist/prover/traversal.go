package prover

import "slices"

const (
	// segmentPages is the least number of pages worth a segment, and leastPages that of a
	// short list: where two segments meet, a list that moves costs a request more.
	segmentPages = 8
	leastPages   = 2
	// spareNames is how many pages beyond its totals a list may name.
	spareNames = 8
)

// traversal reads a list from top to bottom, in one segment or in several at the
// same time: each reads page after page down to where the next one began. Like
// coverage it does no input or output.
type traversal struct {
	segments []*segment // from the top down
	least    int64      // pages worth a segment
	made     int
	first    Page // page 1
	begun    bool
	most     int64 // the largest total so far
}

// segment is a part of a traversal.
type segment struct {
	number int
	next   int64 // the page to ask for
	until  int64 // where the next segment began; 0 is the end of the list
	open   bool  // a request is in flight
	done   bool
	last   Page
	begun  bool
}

func newTraversal(least int64) *traversal {
	return &traversal{segments: []*segment{{next: 1}}, least: least, made: 1}
}

// ask is a segment with a page to ask for; nil when there is none now.
func (d *traversal) ask() *segment {
	i := slices.IndexFunc(d.segments, func(s *segment) bool { return !s.open && !s.done })
	if i < 0 {
		return nil
	}
	return d.segments[i]
}

func (d *traversal) segment(number int) *segment {
	i := slices.IndexFunc(d.segments, func(s *segment) bool { return s.number == number })
	return d.segments[i]
}

// done reports whether every segment has come to its end.
func (d *traversal) done() bool {
	return !slices.ContainsFunc(d.segments, func(s *segment) bool { return s.open || !s.done })
}

// observe takes a good page of a segment.
func (d *traversal) observe(s *segment, r Page) {
	s.open = false
	if !d.begun {
		d.begun, d.first = true, r
	}
	if r.total != nil {
		d.most = max(d.most, *r.total)
	}
	s.begun, s.last = true, r
	s.next = r.next
	s.done = s.ends(r)
}

// ends reports whether the segment has nothing to read after a page.
func (s *segment) ends(r Page) bool { return r.next == 0 || s.until > 0 && r.next >= s.until }

// refused takes the place of a page that the server does not give: the list has
// become shorter.
func (d *traversal) refused(s *segment) { s.open, s.done = false, true }

// endless reports whether the list names pages that its own totals exclude.
func (d *traversal) endless(r Page) bool {
	if r.next == 0 {
		return false
	}
	if d.most == 0 || r.perPage <= 0 {
		return r.next > maxPages
	}
	return r.next > (d.most+r.perPage-1)/r.perPage+spareNames
}

// longest is the segment with the most pages to read, and how many these are.
func (d *traversal) longest() (longest *segment, pages int64) {
	for _, s := range d.segments {
		end := s.until
		if end == 0 {
			end = d.first.pages() + 1
		}
		if left := end - s.next; d.begun && !s.done && left > pages {
			longest, pages = s, left
		}
	}
	return longest, pages
}

// worth is the least number of pages worth a segment of this list: all requests that may be
// in flight have one at first.
func (d *traversal) worth() int64 {
	return min(d.least, max(d.first.pages()/MostInFlight, leastPages))
}

// spare is the number of pages of which segments could relieve another; 0 when
// that is not worth it.
func (d *traversal) spare() int64 {
	if _, pages := d.longest(); pages >= 2*d.worth() {
		return pages
	}
	return 0
}

// split begins another segment where the most is left to read, so that with more
// of them (more ≥ 1) each gets an equal part.
func (d *traversal) split(more int) bool {
	pages := d.spare()
	if pages == 0 {
		return false
	}
	above, _ := d.longest()
	parts := min(int64(more)+1, pages/d.worth())
	from := above.next + (pages+parts-1)/parts
	below := &segment{number: d.made, next: from, until: above.until}
	above.until = from
	d.segments = slices.Insert(d.segments, slices.Index(d.segments, above)+1, below)
	d.made++
	return true
}
