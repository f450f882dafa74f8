package prover

import (
	"fmt"
	"time"
)

// phase is what a list is being read for.
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

// course is how the reading of a list goes on, phase by phase, as the evidence grows.
type course struct {
	evidence
	phase  phase
	walk   *traversal
	sweep  *sweep
	checks *checks
	passes *passes

	inFlight int // requests without a response
	discard  int // those of them whose responses are of no use any more
	budget   int64
	before   int64 // pages that were read until the proof of an earlier walk was given up

	method  string
	doubt   string
	reason  string
	widened string // why the proof of an earlier walk was given up
}

// descended goes on after a page of a segment.
func (c *course) descended(s *segment, r Page) {
	if c.walk.begun && c.walk.endless(r) {
		if c.walk.most == 0 { // no pass would come to its end
			c.GiveUp(fmt.Sprintf("the list does not end after %d pages", maxPages))
			return
		}
		c.doubted(fmt.Sprintf("page %d names a next one, beyond every total that was stated", r.asked), r)
		return
	}
	if !c.walk.begun {
		c.began = r.sent
	}
	c.walk.observe(s, r)
	c.descend(r)
}

// descend goes on when a segment has come to its end.
func (c *course) descend(r Page) {
	switch {
	case !c.walk.done():
	case c.reads == 1: // one page is one moment
		c.sweptAt, c.deep = r.sent, true
		c.held = c.margin.Lookback
		c.conclude(r)
	case (c.fell || c.start == nil) && c.hasGap(c.suspect): // the numbers alone will not do
		c.beginChecks()
	case c.moving() && c.hasGap(c.joint):
		c.jointsOnly = true
		c.beginChecks()
	default:
		c.phase = waiting
	}
}

// sweepFrom begins a sweep, not to be sent before that time. Down to the floor it goes
// once after the list was read, then down to where the sweep before began.
func (c *course) sweepFrom(after time.Time) {
	target := c.floor
	if !c.deep {
		c.borders = nil // it shows again what they are about
	} else {
		if target = c.top; c.closed {
			target++
		}
	}
	c.phase, c.sweep = sweeping, newSweep(target, after)
}

// sweptPage takes a page of a sweep.
func (c *course) sweptPage(r Page) {
	first := c.sweep.reads == 0
	closed := c.closed
	if first {
		top := newestBefore(r)
		c.sweep.newest = c.newest
		closed = top == never || top < c.newest || top == c.newest && !r.sent.Before(c.newestSince.Add(tick))
	}
	open := c.sweep.observe(r, c.still(c.sweep.border(r)))
	if open && c.ignored && !c.telling() {
		c.doubted("pages that touch may hide a row between them, and totalItems does not tell", r)
		return
	}
	if n := len(c.changes); open && n > 0 {
		// Both pages are read again when the change is no longer near them.
		c.sweep.after = c.changes[n-1].to.Add(c.margin.Settle + 1)
	}
	c.sweep.odd = c.sweep.odd || c.odd
	c.closed = closed
	switch done := c.sweep; {
	case !done.done():
	case c.swept(done):
		c.conclude(done.first)
	case c.since == nil && c.counted(done.last.total):
		c.sweepFrom(time.Time{})
	default:
		// A row that moved again meanwhile, on a server that is behind, shows only then.
		c.sweepFrom(done.last.arrived.Add(c.margin.Settle))
	}
}

// conclude goes on as follows from what has been seen, after a sweep that was one moment
// and ended with a page.
func (c *course) conclude(last Page) {
	c.unreliable = c.unreliable || c.contradicted(last)
	next := conclude(&c.evidence, last)
	switch next.action {
	case proven:
		c.phase, c.method = settled, next.why
	case unproven:
		c.GiveUp(next.why)
	case sweepDeep:
		c.deep = false
		c.sweepFrom(last.arrived.Add(c.margin.Settle))
	case sweepOn:
		c.waited++
		c.sweepFrom(last.arrived.Add(c.margin.Settle))
	case checkGaps:
		c.beginChecks()
	case checkJoint:
		c.jointsOnly = true
		c.beginChecks()
	case walkAgain:
		c.walkAgain(next.why, false)
		c.wavering = c.wavering || next.why == totalsWavered
	case findMissing:
		c.walkAgain(next.why, true)
	case startOver:
		c.fallBack(next.why, last)
	case widen:
		c.widen(next.why)
	}
}

// beginChecks has the gaps checked in which a row may have been missed.
func (c *course) beginChecks() {
	c.phase, c.deep = checking, false
	if c.checks == nil {
		c.checks = newChecks(c.read)
	}
}

// checked takes a page for a gap.
func (c *course) checked(aim *search, r Page) {
	c.steps++
	var left *gap
	for h := range c.coverage.gaps(c.floor) {
		if h.id() == aim.ids[0] {
			left = &h
		}
		if left != nil || h.from().at < aim.at { // gaps come from the top down
			break
		}
	}
	c.checks.observe(aim, left, r, c.fixed)
	if aim.tries > mostTries {
		c.GiveUp(fmt.Sprintf("the inbox changes too fast: a gap was not closed by %d pages", aim.tries))
		return
	}
	c.goOnChecking()
}

// goOnChecking ends the checks when no gap is left and nothing is in flight.
func (c *course) goOnChecking() {
	switch {
	case c.hasGap(c.suspect):
	case c.inFlight > 0:
	case c.jointsOnly:
		c.jointsOnly, c.phase = false, waiting
	default:
		c.sweepFrom(c.read.Add(c.margin.Settle))
	}
}

// walkAgain walks the list from top to bottom once more: what was seen stays. When
// the API lists less than it states, the same twice is enough.
func (c *course) walkAgain(why string, short bool) {
	switch {
	case c.reopened == why && c.walked > 1 && short:
		c.GiveUp(why + ", twice the same")
		return
	case c.walked == walks:
		c.GiveUp(fmt.Sprintf("%s, in the last of %d walks", why, walks))
		return
	}
	c.reopened = why
	c.restart()
	c.phase = traversing
	c.walk, c.checks, c.sweep = newTraversal(c.walk.least), nil, nil
}

// doubted goes on when a page shows what the assumptions exclude.
func (c *course) doubted(what string, r Page) {
	if c.since != nil {
		c.widen(what)
		return
	}
	c.fallBack(what, r)
}

// widen walks the list in full: what is known of it from before does not fit. A
// walk since a watermark has one request at a time, so none is in flight.
func (c *course) widen(why string) {
	c.forget()
	c.widened = why
	c.phase, c.sweep = traversing, nil
	c.before = c.reads
	c.budget = max(c.budget, c.before+budgetOf(Page{total: c.totalEnd, perPage: c.size}.pages()))
}

// fallBack starts plain passes: the assumptions do not hold. A first page, read
// alone, is the first page of the first pass.
func (c *course) fallBack(doubt string, r Page) {
	c.doubt = doubt
	c.phase, c.passes = passing, newPasses()
	c.discard = c.inFlight
	if r.asked == 1 && c.inFlight == 0 {
		c.pass(r)
	}
}

// pass takes a page of a plain pass.
func (c *course) pass(r Page) {
	c.read = later(c.read, r.arrived)
	c.note(r)
	c.judge(c.passes.observe(r))
}

// judge goes on as the passes decide.
func (c *course) judge(v verdict) {
	switch {
	case v == passesFail:
		c.GiveUp(c.doubt + "; " + c.passes.reason)
	case v == passesGoOn:
	case c.audit.Unreadable > 0:
		c.GiveUp(fmt.Sprintf("%s; lastActivityAt of %d rows cannot be read", c.doubt, c.audit.Unreadable))
	case c.audit.Foreign > 0:
		c.GiveUp(c.doubt + "; " + c.audit.anotherList())
	default:
		c.phase, c.method = finished, MethodPasses
	}
}

// spend gives up when the walk has cost too much and needs more.
func (c *course) spend() {
	if c.phase < passing && c.reads >= c.budget {
		c.GiveUp(fmt.Sprintf("the inbox changes too fast: %d pages were read and some may still be hidden", c.reads))
	}
}

// GiveUp ends the reading of the list without a proof.
func (c *course) GiveUp(reason string) {
	c.phase, c.method, c.reason = finished, "", reason
}

// budgetOf is how many pages may be read of a list that has so many.
func budgetOf(pages int64) int64 { return readsPerPage*min(pages, maxPages) + readsMore }
