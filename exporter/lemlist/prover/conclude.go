package prover

import (
	"fmt"
	"slices"
	"time"
)

// SweepAgain has the list looked at once more, when it needs that: because it waits for
// it, or because other lists were read long after the last sweep. It reports
// whether there is a page to read now.
func (p *Prover) SweepAgain(last time.Time) bool {
	switch {
	case p.phase == waiting:
	case p.phase == settled && p.since == nil && last.Sub(p.sweptAt) > atOnce:
	default:
		return false
	}
	p.sweepFrom(time.Time{})
	p.spend()
	return p.phase == sweeping
}

// Reopen has a list that was proven a while ago proven for now: its last sweep was
// not the last after all.
func (p *Prover) Reopen() {
	if p.phase == settled {
		p.phase, p.method = waiting, ""
		p.budget += readsMore
	}
}

// sweepFrom begins a sweep, not to be sent before that time. Down to the floor it goes
// once after the list was read, then down to where the sweep before began.
func (p *Prover) sweepFrom(after time.Time) {
	target := p.floor
	if !p.deep {
		p.borders = nil // it shows again what they are about
	} else {
		if target = p.top; p.closed {
			target++
		}
	}
	p.phase, p.sweep = sweeping, &sweep{target: target, after: after}
}

// sweptPage takes a page of a sweep.
func (p *Prover) sweptPage(r Page) {
	first := p.sweep.reads == 0
	closed := p.closed
	if first {
		top := newestBefore(r)
		closed = top == never || top < p.newest || top == p.newest && !r.sent.Before(p.newestSince.Add(tick))
	}
	open := p.sweep.observe(r, p.still(p.sweep.border(r)))
	if open && p.ignored && !p.telling() {
		p.doubted("pages that touch may hide a row between them, and totalItems does not tell", r)
		return
	}
	if n := len(p.changes); open && n > 0 {
		// Both pages are read again when the change is no longer near them.
		p.sweep.after = p.changes[n-1].to.Add(p.margin.Settle + 1)
	}
	p.sweep.odd = p.sweep.odd || p.odd
	p.sweep.arrivals += p.arrivals
	p.closed = closed
	if p.sweep.done() {
		p.swept()
	}
}

// swept goes on after a sweep that has come to its target.
func (p *Prover) swept() {
	done := p.sweep
	p.sweeps++
	p.borders = append(p.borders, done.borders...)
	if p.unexplained = max(p.unexplained-done.arrivals, 0); !p.deep { // it went down to the floor
		p.unexplained = 0
	}
	if done.reads > 1 {
		p.unexplained += done.pushed
		// Rows that moved with an older time than when the sweep before began may have
		// done so during this one, too: then it goes as deep again.
		p.deep = !done.odd || p.deepest == mostDeep
		p.deepest++
		p.top = done.top
		// A row that moved again meanwhile, on a server that is behind, shows only then.
		after := done.last.arrived.Add(p.margin.Settle)
		if p.since == nil && p.counted(done.last.total) {
			after = time.Time{}
		}
		p.sweepFrom(after)
		return
	}
	p.sweptAt = done.first.sent
	p.held = p.reach(done)
	p.top, p.deep = done.top, true
	if p.passedBy(done.first) {
		p.deep = false
		p.sweepFrom(done.first.arrived.Add(p.margin.Settle))
		return
	}
	p.conclude(done.first)
}

// passedBy reports whether a row may have moved above the pages that a sweep had read, to
// where the sweeps after it did not look. An increment starts below such a row.
func (p *Prover) passedBy(last Page) bool {
	return p.since == nil && p.unexplained > 0 && p.held < p.margin.Lookback && p.deepest < mostDeep && !p.counted(last.total)
}

// unsettled reports whether pages of a sweep joined because they touch, and what came
// later shows that something changed near them, or came too early to show it.
func (p *Prover) unsettled(last Page) bool {
	return !p.counted(last.total) && slices.ContainsFunc(p.borders, func(one period) bool {
		return last.sent.Before(one.to.Add(p.margin.Settle)) || !p.still(one)
	})
}

// still reports whether nothing changed in the time of two pages of a sweep, or as long
// before and after as responses may lie apart. Where the server ignores the size asked for, no
// page lies across any border, so the totals must be good.
func (p *Prover) still(border period) bool {
	return !p.changedAround(border, p.margin.Settle) && !p.hidden(border.from.Add(-p.margin.Settle)) && (!p.ignored || p.telling())
}

// reach is how far below its target a sweep of one page went, at most the
// lookback: below the newest time of the sweep before it.
func (p *Prover) reach(done *sweep) time.Duration {
	lookback := p.margin.Lookback
	from := p.top
	if p.since != nil {
		lookback = time.Duration(p.newest-p.floor) * time.Microsecond
	}
	if !p.deep || p.since != nil && p.sweeps == 1 || done.coverage.intervals == nil || done.coverage.intervals[0].end {
		return lookback // it went down to the floor
	}
	return min(max(time.Duration(from-done.coverage.intervals[0].tail.at)*time.Microsecond, 0), lookback)
}

// conclude compares what has been seen with what the API states, after a sweep
// that was one moment.
func (p *Prover) conclude(last Page) {
	short := last.total != nil && p.since == nil && p.distinct() < *last.total
	if p.since == nil && last.total != nil && !p.fell && !p.counted(last.total) && (p.came > 0 || p.distinct() > *last.total || rowGone(&p.seen, p.shownAgain)) {
		p.unreliable = true // rows came or went, and no total tells
	}
	switch {
	case p.audit.Unreadable > 0:
		p.GiveUp(fmt.Sprintf("lastActivityAt of %d rows cannot be read, so the order of the list is unknown", p.audit.Unreadable))
	case p.audit.Foreign > 0:
		p.GiveUp(p.audit.anotherList())
	case p.unsettled(last):
		p.deep = false
		p.sweepFrom(last.arrived.Add(p.margin.Settle))
	case p.since != nil:
		p.concludeSince(last)
	case len(p.back) > 0 && (p.lowered || p.waited > 1):
		p.fallBack("the lastActivityAt of a conversation went back", last)
	case short && p.hasGap(p.suspect):
		p.beginChecks()
	case len(p.back) > 0 || short && p.waited == 0:
		// The page may be of a moment before.
		p.waited++
		p.sweepFrom(last.arrived.Add(p.margin.Settle))
	case short:
		p.walkAgain(fmt.Sprintf("the API states %d conversations and lists %d", *last.total, p.distinct()), true)
	case p.appeared > 0:
		p.walkAgain(fmt.Sprintf("%d conversations appeared among older ones that had been read", p.appeared), false)
	case p.rose(p.margin.Settle):
		p.walkAgain(fmt.Sprintf("totalItems grew by %d more than new conversations came", p.rise(p.margin.Settle)), false)
	case p.walked == 1 && p.rose(0):
		// A response may have been older than the one before it, or rows come back.
		p.walkAgain("totalItems fell and grew again", false)
		p.wavering = true
	case p.wavering && p.found > 0:
		p.walkAgain(fmt.Sprintf("%d conversations had not been shown before", p.found), false)
	case p.walked > 1 && p.fellAgain && !p.wavering:
		p.walkAgain("conversations went while the list was walked again", false)
	case p.reads == 1:
		p.settle(MethodPage)
	case !p.counted(last.total) && p.hasGap(p.suspect):
		p.beginChecks()
	case p.hasGap(p.blind):
		p.jointsOnly = true
		p.beginChecks()
	default:
		p.settle(MethodSweep)
	}
}

// rose reports whether a total grew, in that time or longer, by more conversations
// than have been seen to come.
func (p *Prover) rose(apart time.Duration) bool {
	rise := p.rise(apart)
	return rise > 0 && p.start != nil && p.distinct() < *p.start+p.came+rise
}

// settle ends the reading of the list, for now.
func (p *Prover) settle(method string) {
	p.phase, p.method = settled, method
}

// beginChecks has the gaps checked in which a row may have been missed.
func (p *Prover) beginChecks() {
	p.phase, p.deep = checking, false
	if p.checks == nil {
		p.checks = newChecks(p.read)
	}
}

// checked takes a page for a gap.
func (p *Prover) checked(q Request, r Page) {
	aim := p.checks.searches[p.aimed[q]]
	delete(p.aimed, q)
	p.steps++
	var left *gap
	for h := range p.coverage.gaps(p.floor) {
		if h.id() == aim.ids[0] {
			left = &h
		}
	}
	p.checks.observe(aim, left, r, p.fixed)
	if aim.tries > mostTries {
		p.GiveUp(fmt.Sprintf("the inbox changes too fast: a gap was not closed by %d pages", aim.tries))
		return
	}
	p.goOnChecking()
}

// goOnChecking ends the checks when no gap is left and nothing is in flight.
func (p *Prover) goOnChecking() {
	switch {
	case p.hasGap(p.suspect):
	case p.inFlight > 0:
	case p.jointsOnly:
		p.jointsOnly, p.phase = false, waiting
	default:
		p.sweepFrom(p.read.Add(p.margin.Settle))
	}
}

// walkAgain walks the list from top to bottom once more: what was seen stays. When
// the API lists less than it states, the same twice is enough.
func (p *Prover) walkAgain(why string, short bool) {
	switch {
	case p.reopened == why && p.walked > 1 && short:
		p.GiveUp(why + ", twice the same")
		return
	case p.walked == walks:
		p.GiveUp(fmt.Sprintf("%s, in the last of %d walks", why, walks))
		return
	}
	p.reopened = why
	p.walked++
	p.anew()
	p.phase, p.deep, p.waited, p.deepest, p.jointsOnly = traversing, false, 0, 0, false
	p.walk, p.coverage, p.checks, p.sweep = newTraversal(p.walk.least), coverage{}, nil, nil
	p.recent = nil
}

// concludeSince compares the totals with those of the earlier proof: the list has
// no more rows than it had then and those that have come to stand above the floor.
func (p *Prover) concludeSince(last Page) {
	least, known := p.floor, int64(0)
	if p.since.Known == nil {
		least = p.since.Newest.UnixMicro() + 1 // how many of the others there were is not known
	} else {
		known = *p.since.Known
	}
	more := p.seen.since(least) - known
	if p.since.Total != nil && last.total == nil {
		p.widen("the API does not state totalItems any more")
		return
	}
	// Of the known ones some may be gone.
	if p.since.Total != nil && last.total != nil && *last.total-*p.since.Total > max(more, 0) {
		p.widen(fmt.Sprintf("totalItems is %d though it was %d and %d conversations are new", *last.total, *p.since.Total, more))
		return
	}
	p.settle(MethodSince)
}

// doubted goes on when a page shows what the assumptions exclude.
func (p *Prover) doubted(what string, r Page) {
	if p.since != nil {
		p.widen(what)
		return
	}
	p.fallBack(what, r)
}

// widen walks the list in full: what is known of it from before does not fit. A
// walk since a watermark has one request at a time, so none is in flight.
func (p *Prover) widen(why string) {
	counts := newCounts()
	counts.audit = p.audit
	p.counts = counts
	p.since, p.widened = nil, why
	p.phase, p.sweep, p.deep, p.walked = traversing, nil, false, 1
	p.coverage, p.recent = coverage{}, nil
	p.budget = max(p.budget, p.reads+readsPerPage*min(Page{total: p.totalEnd, perPage: p.size}.pages(), maxPages)+readsMore)
}

// fallBack starts plain passes: the assumptions do not hold. A first page, read
// alone, is the first page of the first pass.
func (p *Prover) fallBack(doubt string, r Page) {
	p.doubt = doubt
	p.phase, p.passes = passing, newPasses()
	p.discard = p.inFlight
	if r.asked == 1 && p.inFlight == 0 {
		p.pass(r)
	}
}

func (p *Prover) pass(r Page) {
	p.read = later(p.read, r.arrived)
	p.note(r)
	p.judge(p.passes.observe(r))
}

func (p *Prover) judge(v verdict) {
	switch {
	case v == passesFail:
		p.GiveUp(p.doubt + "; " + p.passes.reason)
	case v == passesGoOn:
	case p.audit.Unreadable > 0:
		p.GiveUp(fmt.Sprintf("%s; lastActivityAt of %d rows cannot be read", p.doubt, p.audit.Unreadable))
	case p.audit.Foreign > 0:
		p.GiveUp(p.doubt + "; " + p.audit.anotherList())
	default:
		p.finish(MethodPasses)
	}
}
