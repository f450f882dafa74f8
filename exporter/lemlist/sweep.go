package lemlist

import (
	"fmt"
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
	// readsPerPage and readsMore bound the pages read for seams and sweeps:
	// readsPerPage for each page the list had at first, and readsMore.
	readsPerPage = 4
	readsMore    = 64
	// refusals is how often a page may be refused before that is an error.
	refusals = 8
	// tick is more than the server's clock needs to advance by its resolution, one
	// millisecond, whatever the two clocks show.
	tick = 10 * time.Millisecond
)

// request names a page to read: of the list's requests it is the number'th of
// its strand, counted from 1. Strand 0 begins at the top and does all that is
// done one after the other.
type request struct {
	strand int
	number int64
	page   int64
}

// prover reads one list until it is proven complete, or gives up with a reason.
// Like chain it does no input or output: next names the pages to read, observe
// is told what they showed, in the order in which they came. What it does
// follows from the calls alone.
//
// It walks the list from top to bottom, in strands when it is told to split,
// then sweeps from the top down to where the previous reading began, until a
// sweep is one page. When the list shows something that the assumptions
// exclude, it starts over with plain passes. Sweeps and passes are one request
// after the other.
//
// With since, the walk is only as long as what has moved since an earlier proof
// of the list: it is one sweep more. When it shows that this is not enough, the
// list is walked in full.
type prover struct {
	walk   *descent
	chain  *chain // the sweep under way
	passes *passes

	// asked counts the requests of every strand.
	asked map[int]int64
	// flying counts the requests without an answer, stale those of them whose
	// answers are of no use any more.
	flying, stale int

	// newest is the newest time seen, and since when we know it.
	newest      int64
	newestSince time.Time
	// moved and level count what the sweeps showed newer than, and as old as, the
	// newest row of the walk's first page.
	moved, level int64
	// closed says that whatever moved since the chain began is newer than its top.
	closed bool

	since   *exporter.Mark // nil when the list is walked in full
	widened string         // why since was given up

	begun         bool // the first page has come
	reads, budget int64
	refused       map[int64]int
	totalStart    *int64
	totalEnd      *int64
	rows          int64
	sweeps, steps int64

	finished bool
	method   string
	doubt    string
	reason   string
}

func newProver() *prover {
	return &prover{walk: newDescent(), newest: never, asked: make(map[int]int64), refused: make(map[int64]int)}
}

// newProverSince reads what has moved since the list was proven up to mark.
func newProverSince(mark exporter.Mark) *prover {
	p := newProver()
	p.since, p.newest = &mark, mark.Newest.UnixMicro()
	p.walk = newDescentBy(newChainTo(p.newest))
	return p
}

// next is a page to read now; false when there is none before another answer
// has come, or the list is done. Every request must be answered, by observe or
// by refuse.
func (p *prover) next() (request, bool) {
	switch {
	case p.finished, p.passes == nil && p.begun && p.reads+int64(p.flying) >= p.budget:
		return request{}, false
	case p.passes == nil && p.chain == nil:
		s := p.walk.next()
		if s == nil {
			return request{}, false
		}
		s.open = true
		return p.ask(s.number, s.chain.next), true
	case p.flying > 0:
		return request{}, false
	case p.passes != nil:
		return p.ask(0, p.passes.next), true
	}
	return p.ask(0, p.chain.next), true
}

func (p *prover) ask(strand int, page int64) request {
	p.flying++
	p.asked[strand]++
	return request{strand: strand, number: p.asked[strand], page: page}
}

// spare is the number of pages that another strand could share; 0 when none
// could. Nobody knows how far down a walk since a mark has to go.
func (p *prover) spare() int64 {
	if p.finished || p.passes != nil || p.chain != nil || p.since != nil {
		return 0
	}
	return p.walk.spare()
}

// split begins another strand, the first of so many more. It reports whether
// there is a page more to read now.
func (p *prover) split(more int) bool { return p.spare() > 0 && p.walk.split(more) }

// done reports whether the list needs nothing any more.
func (p *prover) done() bool { return p.finished && p.flying == 0 }

// observe takes the page that next named.
func (p *prover) observe(q request, r reading) {
	p.flying--
	p.count(r)
	switch flaw := r.flaw(); {
	case p.useless():
	case p.passes != nil:
		p.pass(r)
	case flaw != "":
		p.doubted(flaw, r)
	case r.total == nil && r.more():
		p.doubted("the API does not state totalItems", r)
	case p.chain != nil:
		p.sweep(r)
	default:
		p.noteNewest(r)
		if flaw := p.walk.observe(p.strand(q), r); flaw != "" {
			p.doubted(flaw, r)
			return
		}
		p.descended(r)
	}
}

// useless reports whether nobody waits for the answer that has just come.
func (p *prover) useless() bool {
	if p.stale > 0 {
		p.stale--
		return true
	}
	return p.finished
}

func (p *prover) strand(q request) *strand {
	i := slices.IndexFunc(p.walk.strands, func(s *strand) bool { return s.number == q.strand })
	return p.walk.strands[i]
}

// descended goes on after an answer to the walk.
func (p *prover) descended(r reading) {
	switch {
	case p.walk.done() && p.reads == 1 && p.since != nil:
		p.conclude(r)
	case p.walk.done() && p.reads == 1:
		p.finish(methodPage)
	case p.walk.waiting(): // or done
		p.chain = newSweep(p.walk.top(), p.walk.closed, p.walk.top())
		p.spend()
	default:
		p.spend()
	}
}

// sweep takes a page of a sweep.
func (p *prover) sweep(r reading) {
	if p.chain.reads == 0 {
		if !p.walk.done() && !p.walk.unmoved(r) {
			// The strands must meet in the usual way.
			p.walk.quiet, p.chain = false, nil
			p.noteNewest(r)
			p.spend()
			return
		}
		p.walk.stood()
		p.closed = len(r.rows) == 0 || r.rows[0].at == never || r.rows[0].at < p.newest ||
			r.rows[0].at == p.newest && !r.sent.Before(p.newestSince.Add(tick))
	}
	p.noteNewest(r)
	p.chain.observe(r)
	switch {
	case p.chain.flaw != "":
		p.doubted(p.chain.flaw, r)
	case p.chain.done:
		p.swept(r)
	default:
		p.spend()
	}
}

// refuse takes the place of observe when the server does not give the page. It
// reports false when that cannot be explained by a list that became shorter.
func (p *prover) refuse(q request) bool {
	p.flying--
	p.reads++
	switch {
	case p.useless():
		return true
	case q.strand > 0 && !p.strand(q).begun:
	default:
		if p.refused[q.page]++; q.page == 1 || p.refused[q.page] > refusals {
			return false
		}
	}
	switch {
	case p.passes != nil:
		p.judge(p.passes.stop())
	case p.chain != nil:
		p.chain.refused(q.page)
		p.spend()
	default:
		p.walk.refused(p.strand(q), q.page)
		p.descended(reading{total: p.totalEnd})
	}
	return true
}

// count keeps the account of every page.
func (p *prover) count(r reading) {
	p.reads++
	if !p.begun {
		p.begun = true
		p.totalStart = r.total
		p.budget = p.reads - 1 + readsPerPage*r.pages() + readsMore
		if p.since != nil {
			p.newestSince = r.arrived
		}
	}
	p.totalEnd = r.total
	p.rows += int64(len(r.rows))
}

func (p *prover) noteNewest(r reading) {
	for _, row := range r.rows {
		if row.at > p.newest {
			p.newest, p.newestSince = row.at, r.arrived
		}
	}
}

// spend gives up when the walk has cost too much.
func (p *prover) spend() {
	if p.reads >= p.budget {
		p.giveUp(fmt.Sprintf("the inbox changes too fast: %d pages were read and some may still be hidden", p.reads))
	}
}

// swept goes on after a sweep.
func (p *prover) swept(last reading) {
	done := p.chain
	p.steps += done.steps
	p.sweeps++
	p.moved += done.newer
	p.level = max(p.level, done.level)
	if done.reads == 1 {
		p.conclude(last)
		return
	}
	p.chain = newSweep(done.top, p.closed, p.walk.top())
	p.spend()
}

// conclude compares the account with the totals. Every row the list still has
// was counted on the way down or has moved since: so the rows counted are not
// fewer than the total at the end. And all that was counted and has not moved
// was there at the start. After an earlier proof, the list has no more rows than
// it had then and those that have moved since.
func (p *prover) conclude(last reading) {
	newer, level, older, _ := p.walk.account()
	counted := older + max(level, p.level) + newer + p.moved
	switch {
	case p.since != nil && p.since.Total != nil && last.total != nil && *p.since.Total+counted < *last.total:
		p.widen(fmt.Sprintf("totalItems is %d though it was %d and %d conversations have moved", *last.total, *p.since.Total, counted))
	case p.since != nil:
		p.finish(methodSince)
	case last.total != nil && counted < *last.total:
		p.fallBack(fmt.Sprintf("totalItems is %d though %d conversations were counted", *last.total, counted), last)
	case p.totalStart != nil && older > *p.totalStart:
		p.fallBack(fmt.Sprintf("totalItems was %d though %d conversations were counted", *p.totalStart, older), last)
	default:
		p.finish(methodSweep)
	}
}

// reopen has a list that was proven a while ago proven for now: its last sweep
// was not the last after all. It reports false when that cannot be done.
func (p *prover) reopen() bool {
	switch {
	case p.method == methodPasses || p.method == "":
		return false
	case p.chain != nil:
		p.chain = newSweep(p.chain.top, p.closed, p.walk.top())
	default:
		p.chain = newSweep(p.walk.top(), p.walk.closed, p.walk.top())
	}
	p.finished, p.method = false, ""
	p.budget += readsMore
	return true
}

func (p *prover) finish(method string) {
	p.finished, p.method = true, method
}

func (p *prover) giveUp(reason string) {
	p.finished, p.method, p.reason = true, "", reason
}

// doubted goes on when a page shows what the assumptions exclude.
func (p *prover) doubted(what string, r reading) {
	if p.since != nil {
		p.widen(what)
		return
	}
	p.fallBack(what, r)
}

// widen walks the list in full: what is known of it from before does not fit. A
// walk since a mark has one request at a time, so none is in flight.
func (p *prover) widen(why string) {
	_, _, _, steps := p.walk.account()
	p.steps += steps
	if p.chain != nil {
		p.steps += p.chain.steps
	}
	p.since, p.widened, p.begun = nil, why, false
	p.walk, p.chain = newDescent(), nil
	p.moved, p.level = 0, 0
}

// fallBack starts plain passes: the assumptions do not hold. A first page, read
// alone, is the first page of the first pass.
func (p *prover) fallBack(doubt string, r reading) {
	p.doubt = doubt
	if p.chain != nil {
		p.steps += p.chain.steps
	}
	p.passes = newPasses()
	p.stale = p.flying
	if r.asked == 1 && p.flying == 0 {
		p.pass(r)
	}
}

func (p *prover) pass(r reading) {
	p.noteNewest(r)
	p.judge(p.passes.observe(r))
}

func (p *prover) judge(v verdict) {
	switch v {
	case passesAgree:
		p.finish(methodPasses)
	case passesFail:
		p.giveUp(p.doubt + "; " + p.passes.reason)
	case passesGoOn:
	}
}

// proof is the account of the list, without requests.
func (p *prover) proof(user string) exporter.UserProof {
	_, _, _, steps := p.walk.account()
	proof := exporter.UserProof{
		UserID: user, Pages: p.reads, RowsRead: p.rows,
		TotalStart: p.totalStart, TotalEnd: p.totalEnd,
		Passes: 1, Sweeps: p.sweeps, StepBacks: steps + p.steps,
		Complete: p.method != "", Method: p.method, Widened: p.widened, Doubt: p.doubt, Reason: p.reason,
	}
	if p.since != nil {
		since := p.since.Newest.UTC()
		proof.Since, proof.Passes = &since, 0
	}
	if p.passes != nil {
		proof.Passes = p.passes.count
		proof.Sweeps += p.passes.sweeps
		if p.walk.done() {
			proof.Passes++
		}
	}
	if p.newest != never {
		newest := time.UnixMicro(p.newest).UTC()
		proof.Watermark = &newest
	}
	return proof
}
