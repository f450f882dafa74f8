package prover

import (
	"fmt"
	"slices"
	"time"
)

// useless reports whether nobody waits for the response that has just come.
func (p *Prover) useless() bool {
	if p.discard > 0 {
		p.discard--
		return true
	}
	return p.phase == finished
}

// Observe takes the page that next named.
func (p *Prover) Observe(q Request, r Page) {
	defer p.spend()
	p.inFlight--
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
	case q.Size > 0 && r.perPage != q.Size:
		p.fixed, p.ignored = true, true
	}
	p.take(q, r, len(p.seen.keys) == 0 && p.since == nil)
	switch p.phase {
	case traversing:
		p.descended(q, r)
	case sweeping:
		p.sweptPage(r)
	case checking:
		p.checked(q, r)
	default:
	}
}

// take counts the rows of a good page and enters them into the coverage.
func (p *Prover) take(q Request, r Page, first bool) {
	if p.size == 0 {
		p.size = r.perPage
	}
	if first {
		p.top = newestBefore(r)
		p.floor = lower(p.top, p.margin.Lookback)
	}
	before, ok := p.before(q, r)
	if ok {
		p.compare(before, r)
	}
	entered := p.entered
	p.counts.take(r, first, &p.coverage, p.oddBelow())
	if p.entered > entered {
		p.lastEntry = later(p.lastEntry, r.arrived)
	}
	if p.phase != traversing {
		p.came += p.entered - entered
		p.shownAgain = append(p.shownAgain, stretchOf(r, p.floor))
		if ok && p.entered > entered { // where the total is the same, another one went
			p.change(period{before.sent, r.arrived})
		}
	}
	if p.phase == traversing || p.phase == checking {
		s := p.segmentOf(q)
		r.followed = s != nil && !s.ends(r)
		p.coverage.add(r)
		p.read = later(p.read, r.arrived)
	}
	if p.recent = append(p.recent, r); len(p.recent) > 2*MostInFlight {
		p.recent = slices.Delete(p.recent, 0, MostInFlight)
	}
}

// oddBelow is the time below which no row moves during a sweep, as long as the
// server's clock is right: never when there is no such time.
func (p *Prover) oddBelow() int64 {
	if p.phase != sweeping || p.since != nil {
		return never
	}
	return p.top
}

// before is the latest page that had come when another was asked for, of the same
// segment where there is one.
func (p *Prover) before(q Request, r Page) (Page, bool) {
	if s := p.segmentOf(q); s != nil && s.begun {
		return s.last, true
	}
	for _, one := range slices.Backward(p.recent) {
		if !one.arrived.After(r.sent) {
			return one, true
		}
	}
	return Page{}, false
}

func (p *Prover) segmentOf(q Request) *segment {
	if p.phase != traversing {
		return nil
	}
	return p.walk.segment(q.Segment)
}

// again asks for a page once more, if it is still of use: the gap that it was for
// may have been closed meanwhile.
func (p *Prover) again(q Request) {
	if s := p.segmentOf(q); s != nil {
		s.open = false
	}
	if id, ok := p.aimed[q]; ok {
		p.checks.searches[id].open = false
		delete(p.aimed, q)
	}
	if p.phase == checking {
		p.goOnChecking()
	}
}

// count keeps the account of every page.
func (p *Prover) count(r Page) {
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
	p.rows += int64(len(r.Rows))
	if newest := newestBefore(r); newest > p.newest {
		p.newest, p.newestSince = newest, r.arrived
	}
}

// descended goes on after a page of the traversal.
func (p *Prover) descended(q Request, r Page) {
	s := p.walk.segment(q.Segment)
	if p.walk.begun && p.walk.endless(r) {
		p.doubted(fmt.Sprintf("page %d names a next one, beyond every total that was stated", r.asked), r)
		return
	}
	p.walk.observe(s, r)
	p.descend(r)
}

// descend goes on when a segment has come to its end.
func (p *Prover) descend(r Page) {
	switch {
	case !p.walk.done():
	case p.reads == 1: // one page is one moment
		p.sweptAt, p.deep = r.sent, true
		p.held = p.margin.Lookback
		p.conclude(r)
	case (p.fell || p.start == nil) && p.hasGap(p.suspect): // the numbers alone will not do
		p.beginChecks()
	case p.moving() && p.hasGap(p.joint):
		p.jointsOnly = true
		p.beginChecks()
	default:
		p.phase = waiting
	}
}

// Refuse takes the place of observe when the server does not give the page. It
// reports false when that cannot be explained by a list that became shorter.
func (p *Prover) Refuse(q Request) bool {
	defer p.spend()
	p.inFlight--
	p.reads++
	if p.useless() {
		return true
	}
	if p.refused[q.Page]++; q.Page == 1 || p.refused[q.Page] > refusals {
		return false
	}
	there := p.totalEnd == nil || (q.Page-1)*max(q.Size, p.size) < *p.totalEnd
	switch {
	case p.phase == passing:
		p.judge(p.passes.stop())
	case there && q.Size > 0:
		p.fixed = true // it may be the size that is refused
		p.again(q)
	case p.phase == sweeping:
		p.sweep.observe(Page{asked: q.Page, served: q.Page, perPage: max(q.Size, p.size)}, false)
	case p.phase == checking && there, there && p.refused[q.Page] == 1:
		p.again(q)
	case p.phase == checking:
		p.checked(q, Page{asked: q.Page, served: q.Page, perPage: max(q.Size, p.size)})
	case p.phase == traversing:
		p.walk.refused(p.walk.segment(q.Segment))
		p.descend(Page{total: p.totalEnd})
	}
	return true
}

// spend gives up when the walk has cost too much and needs more.
func (p *Prover) spend() {
	if p.phase < passing && p.reads >= p.budget {
		p.GiveUp(fmt.Sprintf("the inbox changes too fast: %d pages were read and some may still be hidden", p.reads))
	}
}

// How often a list may be denied before that is believed: before a page of it has come,
// and after.
const (
	mostDenials     = 1
	mostLateDenials = 3
)

// Deny takes the place of Observe when the server says that this list is not given, in
// a response that arrived at that time. It may say so by mistake, so the page is asked for
// again. Deny reports true when the list is to be left out: it was denied twice, and no
// page of it ever came.
func (p *Prover) Deny(q Request, arrived time.Time, says string) bool {
	p.inFlight--
	p.denials++
	most := mostDenials
	if p.reads > 0 {
		most = mostLateDenials
	}
	switch {
	case p.useless():
	case p.denials <= most:
		p.pause = arrived.Add(p.margin.Settle)
		p.again(q)
	case p.reads > 0:
		p.GiveUp(fmt.Sprintf("after %d pages the API said: %s", p.reads, says))
	default:
		p.GiveUp("")
		return true
	}
	return false
}

func (p *Prover) finish(method string) { p.phase, p.method = finished, method }

// GiveUp ends the reading of the list without a proof.
func (p *Prover) GiveUp(reason string) {
	p.phase, p.method, p.reason = finished, "", reason
}

// lower is a time less a lookback, and never stays never.
func lower(at int64, by time.Duration) int64 {
	if at == never {
		return never + 1 // every row that moves has a time
	}
	return at - by.Microseconds()
}
