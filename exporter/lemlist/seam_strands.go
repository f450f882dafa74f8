package lemlist

import "slices"

const (
	// strandPages is the least number of pages worth a strand.
	strandPages = 8
	// strandDrops is how many strands may turn out useless before no more are begun.
	strandDrops = 4
)

// descent reads a list from top to bottom, by one strand or by several at the
// same time. A strand is a chain that begins somewhere in the list and goes down
// to the border of the strand below: a time so that the strand below has all
// still rows as old as that or older, see docs/walk.md. Like chain it does no
// input or output.
type descent struct {
	strands []*strand // from the top down
	least   int64     // pages worth a strand
	made    int
	dropped int
	closed  bool
	first   reading // page 1
	// quiet says that nothing has been seen to move.
	quiet bool
}

// strand is one chain of a descent.
type strand struct {
	number int
	chain  *chain
	from   int64 // the page it begins with
	head   int64 // rows of that page which are newer than the border
	open   bool  // a request is in flight
	begun  bool  // its first page has arrived and fits
}

func newDescent() *descent { return newDescentBy(newChain()) }

// newDescentBy begins with the chain that is given.
func newDescentBy(first *chain) *descent {
	return &descent{strands: []*strand{{chain: first, from: 1}}, least: strandPages, made: 1, quiet: true}
}

// top is the newest time of the first page.
func (d *descent) top() int64 { return d.strands[0].chain.top }

// next is a strand with a page to ask for; nil when there is none now.
func (d *descent) next() *strand {
	for i, s := range d.strands {
		if !s.open && !s.chain.done && !d.parked(i) {
			return s
		}
	}
	return nil
}

// parked reports whether a strand has come to the first page of the one below
// and need not read it again: not as long as the list seems to stand still, and
// not before it is known that the strand below begins there.
func (d *descent) parked(i int) bool {
	if i+1 == len(d.strands) || d.strands[i].chain.next != d.strands[i+1].from {
		return false
	}
	below := d.strands[i+1]
	return !below.begun || d.quiet
}

// done reports whether all strands have met.
func (d *descent) done() bool {
	return !slices.ContainsFunc(d.strands, func(s *strand) bool { return s.open || !s.chain.done })
}

// waiting reports whether all strands have met if the list stood still.
func (d *descent) waiting() bool {
	for i, s := range d.strands {
		if s.open || !s.chain.done && !d.parked(i) {
			return false
		}
	}
	return true
}

// observe takes the page that a strand asked for. It returns what the page
// shows that the assumptions exclude.
func (d *descent) observe(s *strand, r reading) (flaw string) {
	s.open = false
	switch {
	case s.begun:
		s.chain.observe(r)
	case s.number == 0:
		s.begun = true
		s.chain.observe(r)
		d.first = r
		d.closed = s.chain.top == never
		d.quiet = len(r.rows) > 0 && r.rows[len(r.rows)-1].at < s.chain.top
	case d.admit(s, r):
		s.chain.observe(r)
	default:
		d.drop(s)
		return ""
	}
	d.quiet = d.quiet && s.chain.again == 0 && d.alike(r)
	return s.chain.flaw
}

// admit looks whether a strand can begin with the page: between a strand that
// is still above it and one that is still below it.
func (d *descent) admit(s *strand, r reading) bool {
	border, ok := r.border()
	if !ok || !r.placed {
		return false
	}
	i := slices.Index(d.strands, s)
	var above, below *strand
	for _, one := range d.strands[:i] {
		if one.begun {
			above = one
		}
	}
	if j := slices.IndexFunc(d.strands[i:], func(one *strand) bool { return one.begun }); j >= 0 {
		below = d.strands[i+j]
	}
	if above.chain.done || above.chain.frontier.at <= border || below != nil && below.chain.border >= border {
		return false
	}
	s.begun, s.chain.border = true, border
	s.head = int64(slices.IndexFunc(r.rows, func(row row) bool { return row.at == border }))
	above.chain.endAt(border)
	if below != nil {
		s.chain.endAt(below.chain.border)
	}
	return true
}

// drop gives up a strand that has not begun.
func (d *descent) drop(s *strand) {
	d.dropped++
	d.strands = slices.DeleteFunc(d.strands, func(one *strand) bool { return one == s })
}

// refused takes the place of a page that the server does not give.
func (d *descent) refused(s *strand, page int64) {
	s.open = false
	if !s.begun {
		d.drop(s)
		return
	}
	d.quiet = false
	s.chain.refused(page)
}

// alike reports whether the page could be of the list that the first page was of.
func (d *descent) alike(r reading) bool {
	return r.placed && r.perPage == d.first.perPage &&
		r.total != nil && d.first.total != nil && *r.total == *d.first.total
}

// unmoved reports whether a page 1 read now proves that nothing has moved since
// the walk began.
func (d *descent) unmoved(r reading) bool { return d.alike(r) && slices.Equal(r.rows, d.first.rows) }

// stood ends a walk over a list that stood still: the strands that were waiting
// for that have met. The rows that both would have seen count for the upper one.
func (d *descent) stood() {
	for i, s := range d.strands {
		if !s.chain.done {
			s.chain.older += d.strands[i+1].head
			s.chain.done = true
		}
	}
}

// longest is the strand with the most pages to read, and how many these are.
func (d *descent) longest() (index int, pages int64) {
	if !d.strands[0].begun {
		return 0, 0
	}
	for i, s := range d.strands {
		end := d.first.pages() + 1
		if i+1 < len(d.strands) {
			end = d.strands[i+1].from
		}
		if left := end - s.chain.next; !s.chain.done && left > pages {
			index, pages = i, left
		}
	}
	return index, pages
}

// spare is the number of pages of which strands could relieve another.
func (d *descent) spare() int64 {
	if _, pages := d.longest(); pages >= 2*d.least && d.dropped < strandDrops {
		return pages
	}
	return 0
}

// split begins another strand where the most is left to read, so that with more
// of them (more ≥ 1) each gets an equal part.
func (d *descent) split(more int) bool {
	pages := d.spare()
	if pages == 0 {
		return false
	}
	i, _ := d.longest()
	parts := min(int64(more)+1, pages/d.least)
	from := d.strands[i].chain.next + (pages+parts-1)/parts
	d.strands = slices.Insert(d.strands, i+1, &strand{number: d.made, chain: newInner(from, d.top()), from: from})
	d.made++
	return true
}

// account sums up what the strands have counted. No row counts twice: the
// borders divide them.
func (d *descent) account() (newer, level, older, steps int64) {
	for _, s := range d.strands {
		newer += s.chain.newer
		level += s.chain.level
		older += s.chain.older
		steps += s.chain.steps
	}
	return newer, level, older, steps
}
