package lemlist

import (
	"fmt"
	"slices"
	"time"
)

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
	defer p.spend()
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
	case p.reads == 1: // one page is one moment
		p.looked, p.deep = r.sent, true
		p.held = p.margin.Lookback
		p.conclude(r)
	case (p.fell || p.start == nil) && p.holed(p.suspect): // the numbers alone will not do
		p.beginChecks()
	case p.moving() && p.holed(p.joint):
		p.jointsOnly = true
		p.beginChecks()
	default:
		p.phase = waiting
	}
}

// refuse takes the place of observe when the server does not give the page. It
// reports false when that cannot be explained by a list that became shorter.
func (p *prover) refuse(q request) bool {
	defer p.spend()
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
	case p.phase == looking:
		p.look.observe(reading{asked: q.page, served: q.page, perPage: max(q.size, p.size)})
	case p.phase == checking && there, there && p.refused[q.page] == 1:
		p.again(q)
	case p.phase == checking:
		p.checked(q, reading{asked: q.page, served: q.page, perPage: max(q.size, p.size)})
	case p.phase == descending:
		p.walk.refused(p.walk.strand(q.strand))
		p.descend(reading{total: p.totalEnd})
	}
	return true
}

// spend gives up when the walk has cost too much and needs more.
func (p *prover) spend() {
	if p.phase < passing && p.reads >= p.budget {
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
