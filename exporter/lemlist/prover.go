package lemlist

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// The methods by which a list is proven complete, see docs/walk.md.
const (
	methodPage   = "single-page"
	methodSweep  = "seams+sweep"
	methodPasses = "two-equal-passes"
	// methodSince continues an earlier proof of the same list.
	methodSince = "sweep-since"
)

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
	// mostDeep is how often a look of several pages goes down to the floor.
	mostDeep = 4
	// walks is how often a list is walked from top to bottom.
	walks = 3
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
	descending phase = iota
	waiting          // for the closing look, which begins when all lists have come so far
	looking
	checking
	passing
	settled  // proven, unless another list takes so long that it must be looked at again
	finished // with a method or a reason
)

// request names a page to read: of the list's requests it is the number'th of
// its strand, counted from 1. Looks, checks and passes are strand 0.
type request struct {
	strand int
	number int64
	page   int64
	// size is the limit to ask for; 0 is that of the walk.
	size int64
	// after is when it may be sent; zero is at once.
	after time.Time
}

// same reports whether two requests are one, whenever it is sent.
func (q request) same(other request) bool {
	other.after = q.after
	return q == other
}

// prover reads one list until it is proven complete, or gives up with a reason.
// It does no input or output: next names the pages to read, observe is told what
// they showed, in the order in which they came. What it does follows from the
// calls alone.
//
// It walks the list from top to bottom, in strands when it is told to split. Then
// it looks at the top once more, down to where anything that has moved must
// stand, and compares what it has seen with the totals. Holes in which a row may
// have been missed are checked, each by a page across it. When the list shows
// something that the assumptions exclude, it starts over with plain passes.
//
// With since, it looks at what has moved since an earlier proof of the list. When
// that is not enough, the list is walked in full.
type prover struct {
	margin exporter.Margin
	phase  phase
	walk   *descent
	cover  cover
	look   *look
	checks *checks
	// jointsOnly says that only those holes are checked in which every movement counts.
	jointsOnly bool
	passes     *passes
	tally

	asked  map[int]int64 // requests by strand
	aimed  map[request]exporter.IDHash
	flying int // requests without an answer
	stale  int // those of them whose answers are of no use any more
	fixed  bool
	size   int64     // rows of a page
	lanes  int       // requests that should be in flight
	pause  time.Time // no request before

	// newest is the newest time seen that is not in the future, and since when we
	// know it.
	newest      int64
	newestSince time.Time
	// deep says that a look has gone down to the floor since the list was last read;
	// top is the newest time when the latest look began, closed says that whatever
	// has moved since then is newer.
	deep    bool
	deepest int // looks of several pages that did
	top     int64
	closed  bool
	looked  time.Time // when the last look that was one moment was sent
	read    time.Time // when the latest page that was no look arrived
	recent  []reading // the pages that came last
	held    time.Duration

	since   *exporter.Mark // nil when the list is walked in full
	widened string         // why since was given up

	reads, budget int64
	refused       map[int64]int
	flawed        int
	totalEnd      *int64
	rows          int64
	sweeps, steps int64
	walked        int64
	waited        int // looks because of an account that did not add up
	reopened      string

	method string
	doubt  string
	reason string
}

func newProver(margin exporter.Margin) *prover {
	return &prover{
		margin: margin, walk: newDescent(strandPages), tally: newTally(), newest: never, lanes: 1,
		asked: make(map[int]int64), aimed: make(map[request]exporter.IDHash), refused: make(map[int64]int),
		budget: math.MaxInt64, walked: 1,
	}
}

// newProverSince reads what has moved since the list was proven up to mark.
func newProverSince(mark exporter.Mark, margin exporter.Margin) *prover {
	p := newProver(margin)
	if mark.Floor.IsZero() {
		mark.Floor = mark.Newest
	}
	p.since, p.newest = &mark, mark.Newest.UnixMicro()
	p.floor = mark.Floor.UnixMicro()
	p.walked, p.deep = 0, true
	p.phase, p.look = looking, &look{target: p.floor}
	return p
}

// next is a page to read now; false when there is none before another answer
// has come, or the list is done. Every request must be answered, by observe or
// by refuse.
func (p *prover) next() (request, bool) {
	switch {
	case p.phase != passing && p.reads+int64(p.flying) >= p.budget:
		return request{}, false
	case p.phase == descending:
		if s := p.walk.ask(); s != nil {
			s.open = true
			return p.ask(request{strand: s.number, page: s.next}), true
		}
	case p.phase == looking && p.flying == 0:
		w := p.look.request(p.size, p.fixed)
		return p.ask(request{page: w.page, size: w.size, after: p.look.after}), true
	case p.phase == checking && p.flying < p.lanes && (p.flying == 0 || !p.fixed):
		// By pages of one size two holes beside each other would share a page, and each
		// needs it in another order.
		return p.check()
	case p.phase == passing && p.flying == 0:
		return p.ask(request{page: p.passes.next}), true
	}
	return request{}, false
}

// check is the next page for a hole.
func (p *prover) check() (request, bool) {
	for h := range p.suspects() {
		if p.checks.aim(h).open {
			continue
		}
		w := p.checks.request(h, p.size, p.fixed)
		q := p.ask(request{page: w.page, size: w.size})
		p.aimed[q] = h.id()
		return q, true
	}
	return request{}, false
}

func (p *prover) ask(q request) request {
	p.flying++
	p.asked[q.strand]++
	q.number = p.asked[q.strand]
	q.after = later(q.after, p.pause)
	return q
}

// spare is the number of pages that another strand could share; 0 when none
// could.
func (p *prover) spare() int64 {
	if p.phase != descending {
		return 0
	}
	return p.walk.spare()
}

// split begins another strand, the first of so many more. It reports whether
// there is a page more to read now.
func (p *prover) split(more int) bool { return p.spare() > 0 && p.walk.split(more) }

// done reports whether the list needs nothing any more, as far as it is known.
func (p *prover) done() bool { return (p.phase == finished || p.phase == settled) && p.flying == 0 }

// useless reports whether nobody waits for the answer that has just come.
func (p *prover) useless() bool {
	if p.stale > 0 {
		p.stale--
		return true
	}
	return p.phase == finished
}

// observe takes the page that next named.
func (p *prover) observe(q request, r reading) {
	p.flying--
	p.count(r)
	if p.useless() {
		return
	}
	if p.phase == passing {
		p.pass(r)
		return
	}
	flaw := r.flaw()
	if flaw != "" && r.passing() && p.flawed < flaws && !p.walk.endless(r) {
		p.flawed++
		p.again(q)
		return
	}
	switch {
	case flaw != "":
		p.doubted(flaw, r)
		return
	case q.size > 0 && r.perPage != q.size:
		p.fixed = true
	}
	p.take(q, r, len(p.seen.keys) == 0 && p.since == nil)
	switch p.phase {
	case descending:
		p.descended(q, r)
	case looking:
		p.lookedAt(r)
	case checking:
		p.checked(q, r)
	default:
	}
}

// take counts the rows of a good page and enters them into the cover.
func (p *prover) take(q request, r reading, first bool) {
	if p.size == 0 {
		p.size = r.perPage
	}
	if first {
		p.top = newestBefore(r)
		p.floor = lower(p.top, p.margin.Lookback)
	}
	if before, ok := p.before(q, r); ok {
		p.compare(before, r)
	}
	entered := p.entered
	p.tally.take(r, first, &p.cover, p.oddBelow())
	if p.phase != descending {
		p.came += p.entered - entered
	}
	if p.phase == descending || p.phase == checking {
		p.cover.add(r)
		p.read = later(p.read, r.arrived)
	}
	if p.recent = append(p.recent, r); len(p.recent) > 2*mostFlying {
		p.recent = slices.Delete(p.recent, 0, mostFlying)
	}
}

// oddBelow is the time below which no row moves during a look, as long as the
// server's clock is right: never when there is no such time.
func (p *prover) oddBelow() int64 {
	if p.phase != looking || p.since != nil {
		return never
	}
	return p.top
}

// before is the latest page that had come when another was asked for, of the same
// strand where there is one.
func (p *prover) before(q request, r reading) (reading, bool) {
	if s := p.strandOf(q); s != nil && s.begun {
		return s.last, true
	}
	for _, one := range slices.Backward(p.recent) {
		if !one.arrived.After(r.sent) {
			return one, true
		}
	}
	return reading{}, false
}

func (p *prover) strandOf(q request) *strand {
	if p.phase != descending {
		return nil
	}
	return p.walk.strand(q.strand)
}

// again asks for a page once more, if it is still of use: the hole that it was for
// may have been closed meanwhile.
func (p *prover) again(q request) {
	if s := p.strandOf(q); s != nil {
		s.open = false
	}
	if id, ok := p.aimed[q]; ok {
		p.checks.aims[id].open = false
		delete(p.aimed, q)
	}
	if p.phase == checking {
		p.goOnChecking()
	}
}

// count keeps the account of every page.
func (p *prover) count(r reading) {
	p.reads++
	if p.reads == 1 {
		p.budget = readsPerPage*min(r.pages(), maxPages) + readsMore
		if p.since != nil {
			p.newestSince = r.arrived
		}
	}
	if r.total != nil {
		if p.totalEnd = r.total; p.start == nil {
			p.start = new(*r.total)
		}
	}
	p.rows += int64(len(r.rows))
	if newest := newestBefore(r); newest > p.newest {
		p.newest, p.newestSince = newest, r.arrived
	}
}

// descended goes on after a page of the descent.
func (p *prover) descended(q request, r reading) {
	s := p.walk.strand(q.strand)
	if p.walk.begun && p.walk.endless(r) {
		p.doubted(fmt.Sprintf("page %d names a next one, beyond every total that was stated", r.asked), r)
		return
	}
	p.walk.observe(s, r)
	p.descend(r)
}

// descend goes on when a strand has come to its end.
func (p *prover) descend(r reading) {
	switch {
	case !p.walk.done():
		p.spend()
	case p.reads == 1: // one page is one moment
		p.looked, p.deep = r.sent, true
		p.held = p.margin.Lookback
		p.conclude(r)
	case (p.fell || p.start == nil) && p.suspected(): // the numbers alone will not do
		p.beginChecks()
	case p.moving() && p.joints():
		p.jointsOnly = true
		p.beginChecks()
	default:
		p.phase = waiting
		p.spend()
	}
}

// refuse takes the place of observe when the server does not give the page. It
// reports false when that cannot be explained by a list that became shorter.
func (p *prover) refuse(q request) bool {
	p.flying--
	p.reads++
	if p.useless() {
		return true
	}
	if p.refused[q.page]++; q.page == 1 || p.refused[q.page] > refusals {
		return false
	}
	there := p.totalEnd == nil || (q.page-1)*max(q.size, p.size) < *p.totalEnd
	switch {
	case p.phase == passing:
		p.judge(p.passes.stop())
	case there && q.size > 0:
		p.fixed = true // it may be the size that is refused
		p.again(q)
		p.spend()
	case p.phase == looking:
		p.look.observe(reading{asked: q.page, served: q.page, perPage: max(q.size, p.size)})
		p.spend()
	case p.phase == checking && there, there && p.refused[q.page] == 1:
		p.again(q)
		p.spend()
	case p.phase == checking:
		p.checked(q, reading{asked: q.page, served: q.page, perPage: max(q.size, p.size)})
	case p.phase == descending:
		p.walk.refused(p.walk.strand(q.strand))
		p.descend(reading{total: p.totalEnd})
	}
	return true
}

// spend gives up when the walk has cost too much.
func (p *prover) spend() {
	if p.reads >= p.budget {
		p.giveUp(fmt.Sprintf("the inbox changes too fast: %d pages were read and some may still be hidden", p.reads))
	}
}

func (p *prover) finish(method string) { p.phase, p.method = finished, method }

func (p *prover) giveUp(reason string) {
	p.phase, p.method, p.reason = finished, "", reason
}

// lower is a time less a lookback, and never stays never.
func lower(at int64, by time.Duration) int64 {
	if at == never {
		return never + 1 // every row that moves has a time
	}
	return at - by.Microseconds()
}

// suspects yields the holes that must be checked.
func (p *prover) suspects() iter.Seq[hole] {
	return func(yield func(hole) bool) {
		for h := range p.cover.holes(p.floor) {
			suspect := p.blind(h) || (!p.jointsOnly || !h.touches()) && p.suspicious(h, p.margin.Settle)
			if suspect && !yield(h) {
				return
			}
		}
	}
}

// joints reports whether there are holes that everything that moves may hide rows
// in: below the first page, where two strands meet, and where pages do not touch.
func (p *prover) joints() bool {
	for h := range p.cover.holes(p.floor) {
		if !h.touches() || p.blind(h) {
			return true
		}
	}
	return false
}

// blind reports whether a hole is the one below the first page, and the totals do
// not speak for it. No total is of before that page: when the server counts after it
// has found the rows, a deletion between the two is in none. When nothing else
// moves, the closing look shows the row that came to stand on the first page.
func (p *prover) blind(h hole) bool {
	return p.moving() && h.above != nil && h.above.top && h.above.tail.sent.Equal(p.walk.first.sent)
}

// blinded reports whether there is such a hole.
func (p *prover) blinded() bool {
	for h := range p.cover.holes(p.floor) {
		if p.blind(h) {
			return true
		}
	}
	return false
}

func (p *prover) suspected() bool {
	for range p.suspects() {
		return true
	}
	return false
}
