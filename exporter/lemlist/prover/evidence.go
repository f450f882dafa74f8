package prover

import (
	"slices"
	"time"
)

// evidence is what has been seen of a list, and how it was read. What may be
// claimed follows from it, see conclude.
type evidence struct {
	counts
	coverage coverage
	margin   Margin
	since    *Watermark // what an earlier walk has proven; nil when the list is walked in full

	// began is when the first page of the latest walk from top to bottom was sent.
	began time.Time
	read  time.Time // when the latest page that was no sweep arrived
	// recent are the pages that came last.
	recent []Page
	// newest is the newest time seen that is not in the future, and since when we
	// know it.
	newest      int64
	newestSince time.Time

	size    int64 // rows of a page
	fixed   bool  // no size is asked for any more
	ignored bool  // because a page came in another one

	// deep says that a sweep has gone down to the floor since the list was last read;
	// top is the newest time when the latest sweep began, closed says that whatever
	// has moved since then is newer.
	deep    bool
	deepest int // sweeps of several pages that did
	top     int64
	closed  bool
	// pushed says that rows have moved down during a sweep, since the latest one down to the floor
	// began. Which rows have moved above them the shorter sweeps after it cannot tell: rows that
	// they show there may have come later.
	pushed  bool
	borders []period  // of the latest sweep down to the floor and of those after it
	sweptAt time.Time // when the last sweep that was one moment was sent
	// held is how far below their targets the sweeps have reached, the least of the latest one
	// down to the floor and of those after it. It is the lookback that the proof states.
	held time.Duration

	// jointsOnly says that only those gaps are checked in which every movement counts.
	jointsOnly bool

	reads, rows   int64
	sweeps, steps int64
	totalEnd      *int64
	walked        int64
	waited        int // sweeps because of an account that did not add up
	reopened      string
	wavering      bool // it was for totals that fell and grew again
}

// count keeps the account of every page.
func (e *evidence) count(r Page) {
	e.reads++
	if e.reads == 1 && e.since != nil {
		e.newestSince = r.arrived
	}
	if r.total != nil {
		if e.totalEnd = r.total; e.start == nil {
			e.start = new(*r.total)
		}
	}
	e.rows += int64(len(r.Rows))
	if newest := newestBefore(r); newest > e.newest {
		e.newest, e.newestSince = newest, r.arrived
	}
}

// take counts the rows of a good page that a phase has read, in a segment or in none, and
// enters them into the coverage.
func (e *evidence) take(r Page, during phase, s *segment) {
	if e.size == 0 {
		e.size = r.perPage
	}
	first := e.seen.len() == 0 && e.since == nil
	if first {
		e.top = newestBefore(r)
		e.floor = lower(e.top, e.margin.Lookback)
	}
	before, ok := e.before(r, s)
	if ok {
		e.compare(before, r)
	}
	quiet := int64(never) // the time below which no row moves, as long as the server's clock is right
	if during == sweeping && e.since == nil {
		quiet = e.top
	}
	entered := e.entered
	e.counts.take(r, first, &e.coverage, quiet)
	if e.entered > entered {
		e.lastEntry = later(e.lastEntry, r.arrived)
		if during == traversing {
			e.lastBelow = e.lastEntry
		}
	}
	if during != traversing {
		e.came += e.entered - entered
		if ok && e.entered > entered { // where the total is the same, another one went
			e.change(period{before.sent, r.arrived})
		}
	}
	if during == checking {
		e.shownAgain = append(e.shownAgain, stretchOf(r))
	}
	if during == traversing || during == checking {
		r.followed = s != nil && !s.ends(r)
		e.coverage.add(r)
		e.read = later(e.read, r.arrived)
	}
	if e.recent = append(e.recent, r); len(e.recent) > 2*MostInFlight {
		e.recent = slices.Delete(e.recent, 0, MostInFlight)
	}
}

// before is the latest page that had come when another was asked for, of the same
// segment where there is one.
func (e *evidence) before(r Page, s *segment) (Page, bool) {
	if s != nil && s.begun {
		return s.last, true
	}
	for _, one := range slices.Backward(e.recent) {
		if !one.arrived.After(r.sent) {
			return one, true
		}
	}
	return Page{}, false
}

// swept takes a sweep that has come to its target. It reports whether the sweep was
// one moment.
func (e *evidence) swept(done *sweep) bool {
	e.sweeps++
	e.borders = append(e.borders, done.borders...)
	e.shownAgain = append(e.shownAgain, done.stretch())
	reach, deep := e.reach(done), !e.deep
	if deep { // it went down to the floor
		e.held, e.pushed = reach, false
	}
	e.held = min(e.held, reach)
	if done.reads > 1 {
		e.pushed = e.pushed || done.pushed
		if deep {
			e.deepest++
		}
		// Rows that moved with an older time than when the sweep before began may have
		// done so during this one, too: then the next one goes as deep again.
		e.deep = !done.odd || e.deepest >= mostDeep
		e.top = done.top
		return false
	}
	e.sweptAt = done.first.sent
	e.top, e.deep = done.top, true
	return true
}

// reach is how far below its target a sweep went, at most the lookback: below the newest
// time of the sweep before it.
func (e *evidence) reach(done *sweep) time.Duration {
	lookback := e.margin.Lookback
	if e.since != nil {
		lookback = time.Duration(e.newest-e.floor) * time.Microsecond
	}
	if !e.deep || e.since != nil && e.sweeps == 1 || done.coverage.intervals == nil || done.coverage.intervals[0].end {
		return lookback // it went down to the floor
	}
	return min(max(time.Duration(e.top-done.coverage.intervals[0].tail.at)*time.Microsecond, 0), lookback)
}

// suspect reports whether a gap must be checked.
func (e *evidence) suspect(h gap) bool {
	clean := e.jointsOnly && h.touches() || !e.suspicious(h, e.margin.Settle)
	return e.blind(h) || !clean
}

// joint reports whether everything that moves may hide rows in a gap: below the
// first page, where two segments meet, and where pages do not touch.
func (e *evidence) joint(h gap) bool { return !h.touches() || e.blind(h) }

// blind reports whether a gap is the one below the first page, and the totals do
// not speak for it. No total is of before that page: when the server counts after it
// has found the rows, a deletion between the two is in none. When nothing else
// moves, the closing sweep shows the row that came to stand on the first page.
func (e *evidence) blind(h gap) bool {
	return e.moving() && h.above != nil && h.above.top && h.above.tail.sent.Equal(e.began)
}

// hasGap reports whether there is a gap of that kind.
func (e *evidence) hasGap(is func(gap) bool) bool {
	for h := range e.coverage.gaps(e.floor) {
		if is(h) {
			return true
		}
	}
	return false
}

// unsettled reports whether pages of a sweep joined because they touch, and what came
// later shows that something changed near them, or came too early to show it.
func (e *evidence) unsettled(last Page) bool {
	return !e.counted(last.total) && slices.ContainsFunc(e.borders, func(one period) bool {
		return last.sent.Before(one.to.Add(e.margin.Settle)) || !e.still(one)
	})
}

// still reports whether nothing changed in the time of two pages of a sweep, or as long
// before and after as responses may lie apart. Where the server ignores the size asked for, no
// page lies across any border, so the totals must be good.
func (e *evidence) still(border period) bool {
	return !e.changedAround(border, e.margin.Settle) && !e.hidden(border.from.Add(-e.margin.Settle), e.lastEntry) && (!e.ignored || e.telling())
}

// passedBy reports whether a row may have moved above the pages that a sweep had read, to
// where the sweeps after it did not look. An increment starts below such a row.
func (e *evidence) passedBy(last Page) bool {
	return e.since == nil && e.pushed && e.held < e.margin.Lookback && e.deepest < mostDeep && !e.counted(last.total)
}

// contradicted reports whether rows came or went, and no total tells.
func (e *evidence) contradicted(last Page) bool {
	return e.since == nil && last.total != nil && !e.fell && !e.counted(last.total) &&
		(e.came > 0 || e.distinct() > *last.total || rowGone(&e.seen, e.shownAgain))
}

// rose reports whether a total grew, in that time or longer, by more conversations
// than have been seen to come.
func (e *evidence) rose(apart time.Duration) bool {
	rise := e.rise(apart)
	return rise > 0 && e.start != nil && e.distinct() < *e.start+e.came+rise
}

// forget leaves out what an earlier walk of the list had proven: it does not fit.
func (e *evidence) forget() {
	audit := e.audit
	e.counts = newCounts()
	e.audit = audit
	e.since, e.deep, e.walked = nil, false, 1
	e.coverage, e.recent = coverage{}, nil
}

// restart begins another walk of the list from top to bottom: what has been seen stays.
func (e *evidence) restart() {
	e.anew()
	e.walked++
	e.deep, e.deepest, e.waited, e.jointsOnly = false, 0, 0, false
	e.coverage, e.recent = coverage{}, nil
}

// lower is a time less a lookback, and never stays never.
func lower(at int64, by time.Duration) int64 {
	if at == never {
		return never + 1 // every row that moves has a time
	}
	return at - by.Microseconds()
}
