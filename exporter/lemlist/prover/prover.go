package prover

import (
	"math"
	"slices"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// The methods by which a list is proven complete, see docs/walk.md.
const (
	MethodPage   = "single-page"
	MethodSweep  = "seams+sweep"
	MethodPasses = "two-equal-passes"
	// MethodSince continues an earlier proof of the same list.
	MethodSince = "sweep-since"
)

// Weakest returns the method of those given that proves least; "" for none.
func Weakest(methods []string) string {
	for _, method := range []string{MethodPasses, MethodSince, MethodSweep, MethodPage} {
		if slices.Contains(methods, method) {
			return method
		}
	}
	return ""
}

// MostInFlight is how many requests may be in flight at the same time.
const MostInFlight = 16

// Bounds of a walk. A list that needs more moves too fast to be proven.
const (
	// readsPerPage and readsMore bound the pages read: readsPerPage for each page
	// the list had at first, and readsMore.
	readsPerPage = 6
	readsMore    = 64
	// refusals is how often a page may be refused before that is an error.
	refusals = 8
	// flaws is how often a page may come with a part of it missing.
	flaws = 2
	// mostDeep is how often a sweep of several pages goes down to the floor.
	mostDeep = 4
	// walks is how often a list is walked from top to bottom.
	walks = 4
	// tick is more than the server's clock needs to advance by its resolution, one
	// millisecond, whatever the two clocks show.
	tick = 10 * time.Millisecond
	// atOnce is how far reads of different lists may lie apart and still count as
	// one moment.
	atOnce = 2 * time.Second
)

// phase is what a prover is doing.
type phase int

const (
	traversing phase = iota
	waiting          // for the closing sweep, which begins when all lists have come so far
	sweeping
	checking
	passing
	settled  // proven, unless another list takes so long that it must be looked at again
	finished // with a method or a reason
)

// Request names a page to read: of the list's requests it is the number'th of
// its segment, counted from 1. Sweeps, checks and passes are segment 0.
type Request struct {
	Segment int
	Number  int64
	Page    int64
	// Size is the limit to ask for; 0 is that of the walk.
	Size int64
	// After is when it may be sent; zero is at once.
	After time.Time
}

// Same reports whether two requests are one, whenever it is sent.
func (q Request) Same(other Request) bool {
	other.After = q.After
	return q == other
}

// Prover reads one list until it is proven complete, or gives up with a reason.
// It does no input or output: Next names the pages to read, Observe takes what
// they showed, in the order in which they came. What it does follows from the
// calls alone.
//
// It walks the list from top to bottom, in segments when it is told to split. Then
// it looks at the top once more, down to where anything that has moved must
// stand, and compares what it has seen with the totals. Gaps in which a row may
// have been missed are checked, each by a page across it. When the list shows
// something that the assumptions exclude, it starts over with plain passes.
//
// With since, it looks at what has moved since an earlier proof of the list. When
// that is not enough, the list is walked in full.
type Prover struct {
	margin   Margin
	phase    phase
	walk     *traversal
	coverage coverage
	sweep    *sweep
	checks   *checks
	// jointsOnly says that only those gaps are checked in which every movement counts.
	jointsOnly bool
	passes     *passes
	counts

	asked    map[int]int64 // requests by segment
	aimed    map[Request]schema.IDHash
	inFlight int       // requests without a response
	discard  int       // those of them whose responses are of no use any more
	fixed    bool      // no size is asked for any more
	ignored  bool      // because a page came in another one
	size     int64     // rows of a page
	pause    time.Time // no request before

	// newest is the newest time seen that is not in the future, and since when we
	// know it.
	newest      int64
	newestSince time.Time
	// deep says that a sweep has gone down to the floor since the list was last read;
	// top is the newest time when the latest sweep began, closed says that whatever
	// has moved since then is newer.
	deep    bool
	deepest int // sweeps of several pages that did
	// unexplained is how many places rows have moved down during sweeps, less the rows that later
	// sweeps have shown above them.
	unexplained int64
	top         int64
	closed      bool
	borders     []period  // of the latest sweep down to the floor and of those after it
	sweptAt     time.Time // when the last sweep that was one moment was sent
	read        time.Time // when the latest page that was no sweep arrived
	recent      []Page    // the pages that came last
	held        time.Duration

	since   *Watermark // nil when the list is walked in full
	widened string     // why since was given up

	reads, budget int64
	refused       map[int64]int
	denials       int
	flawed        int
	totalEnd      *int64
	rows          int64
	sweeps, steps int64
	walked        int64
	waited        int // sweeps because of an account that did not add up
	reopened      string
	wavering      bool // it was for totals that fell and grew again

	method string
	doubt  string
	reason string
}

// New returns a prover of a list of which nothing is known.
func New(margin Margin) *Prover {
	return &Prover{
		margin: margin, walk: newTraversal(segmentPages), counts: newCounts(), newest: never,
		asked: make(map[int]int64), aimed: make(map[Request]schema.IDHash), refused: make(map[int64]int),
		budget: math.MaxInt64, walked: 1,
	}
}

// NewSince returns a prover of a list that an earlier walk has proven up to the watermark:
// it reads what has changed since.
func NewSince(watermark Watermark, margin Margin) *Prover {
	p := New(margin)
	if watermark.Floor.IsZero() {
		watermark.Floor = watermark.Newest
	}
	p.since, p.newest = &watermark, watermark.Newest.UnixMicro()
	p.floor = watermark.Floor.UnixMicro()
	p.walked, p.deep = 0, true
	p.phase, p.sweep = sweeping, &sweep{target: p.floor}
	return p
}

// Next returns a page to read now, where so many requests should be in flight; false
// when there is none before another response has come, or the list is done. Every request
// ends with Observe, Refuse or Deny.
func (p *Prover) Next(concurrency int) (Request, bool) {
	switch {
	case p.phase != passing && p.reads+int64(p.inFlight) >= p.budget:
		return Request{}, false
	case p.phase == traversing:
		if s := p.walk.ask(); s != nil {
			s.open = true
			return p.ask(Request{Segment: s.number, Page: s.next}), true
		}
	case p.phase == sweeping && p.inFlight == 0:
		w := p.sweep.request(p.size, p.fixed)
		return p.ask(Request{Page: w.page, Size: w.size, After: p.sweep.after}), true
	case p.phase == checking && p.inFlight < concurrency && (p.inFlight == 0 || !p.fixed):
		// By pages of one size two gaps beside each other would share a page, and each
		// needs it in another order.
		return p.check()
	case p.phase == passing && p.inFlight == 0:
		return p.ask(Request{Page: p.passes.next}), true
	}
	return Request{}, false
}

// check is the next page for a gap.
func (p *Prover) check() (Request, bool) {
	for h := range p.coverage.gaps(p.floor) {
		if !p.suspect(h) || p.checks.search(h).open {
			continue
		}
		w := p.checks.request(h, p.size, p.fixed)
		q := p.ask(Request{Page: w.page, Size: w.size})
		p.aimed[q] = h.id()
		return q, true
	}
	return Request{}, false
}

func (p *Prover) ask(q Request) Request {
	p.inFlight++
	p.asked[q.Segment]++
	q.Number = p.asked[q.Segment]
	q.After = later(q.After, p.pause)
	return q
}

// Spare is the number of pages that another segment could share; 0 when none
// could.
func (p *Prover) Spare() int64 {
	if p.phase != traversing {
		return 0
	}
	return p.walk.spare()
}

// Split begins another segment, the first of so many more. It reports whether
// there is a page more to read now.
func (p *Prover) Split(more int) bool { return p.Spare() > 0 && p.walk.split(more) }

// Asks reports whether the list may ask for a page without anything else happening.
func (p *Prover) Asks() bool {
	return p.phase != waiting && p.phase != settled && p.phase != finished
}

// Traversing reports whether the list is being read from top to bottom.
func (p *Prover) Traversing() bool { return p.phase == traversing }

// Finished reports whether the list will never need another page.
func (p *Prover) Finished() bool { return p.phase == finished && p.inFlight == 0 }

// Stop ends the reading of the list because the walk stops. When the walk has come to its
// end, a list that is proven stays proven.
func (p *Prover) Stop(ended bool) {
	if p.phase != finished && (p.phase != settled || !ended) {
		p.GiveUp("the walk was interrupted")
	}
}

// LastRead returns when the latest page of the list arrived, sweeps left out.
func (p *Prover) LastRead() time.Time { return p.read }

// done reports whether the list needs nothing any more, as far as it is known.
func (p *Prover) done() bool { return (p.phase == finished || p.phase == settled) && p.inFlight == 0 }

// suspect reports whether a gap must be checked.
func (p *Prover) suspect(h gap) bool {
	clean := p.jointsOnly && h.touches() || !p.suspicious(h, p.margin.Settle)
	return p.blind(h) || !clean
}

// joint reports whether everything that moves may hide rows in a gap: below the
// first page, where two segments meet, and where pages do not touch.
func (p *Prover) joint(h gap) bool { return !h.touches() || p.blind(h) }

// blind reports whether a gap is the one below the first page, and the totals do
// not speak for it. No total is of before that page: when the server counts after it
// has found the rows, a deletion between the two is in none. When nothing else
// moves, the closing sweep shows the row that came to stand on the first page.
func (p *Prover) blind(h gap) bool {
	return p.moving() && h.above != nil && h.above.top && h.above.tail.sent.Equal(p.walk.first.sent)
}

// hasGap reports whether there is a gap of that kind.
func (p *Prover) hasGap(is func(gap) bool) bool {
	for h := range p.coverage.gaps(p.floor) {
		if is(h) {
			return true
		}
	}
	return false
}
