package lemlist

import (
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// The methods by which a list is proven complete, see docs/walk.md.
const (
	methodPage   = "single-page"
	methodSweep  = "seams+sweep"
	methodPasses = "two-equal-passes"
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

// prover reads one list until it is proven complete, or gives up with a reason.
// Like chain it does no input or output: next names the page to read, observe
// is told what it showed.
//
// It walks the list from top to bottom, then sweeps from the top down to where
// the previous reading began, until a sweep is one page. When the list shows
// something that the assumptions exclude, it starts over with plain passes.
type prover struct {
	chain *chain
	// walk is the finished chain of the whole list.
	walk   *chain
	passes *passes

	// newest is the newest time seen, and since when we know it.
	newest      int64
	newestSince time.Time
	// moved and level count what the sweeps showed newer than, and as old as, the
	// newest row of the walk's first page.
	moved, level int64
	// closed says that whatever moved since the chain began is newer than its top.
	closed bool

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
	return &prover{chain: newChain(), newest: never, refused: make(map[int64]int)}
}

// next is the page to read; false when the list is done.
func (p *prover) next() (int64, bool) {
	switch {
	case p.finished:
		return 0, false
	case p.passes != nil:
		return p.passes.next, true
	}
	return p.chain.next, true
}

// observe takes the page that next named.
func (p *prover) observe(r reading) {
	p.count(r)
	if p.passes != nil {
		p.pass(r)
		return
	}
	if flaw := r.flaw(); flaw != "" {
		p.fallBack(flaw, r)
		return
	}
	if r.total == nil && r.more() {
		p.fallBack("the API does not state totalItems", r)
		return
	}
	if p.chain.reads == 0 {
		p.closed = len(r.rows) == 0 || r.rows[0].at == never || r.rows[0].at < p.newest ||
			r.rows[0].at == p.newest && !r.sent.Before(p.newestSince.Add(tick))
	}
	p.noteNewest(r)
	p.chain.observe(r)
	switch {
	case p.chain.flaw != "":
		p.fallBack(p.chain.flaw, r)
	case p.chain.done:
		p.chained(r)
	default:
		p.spend()
	}
}

// refuse takes the place of observe when the server does not give the page. It
// reports false when that cannot be explained by a list that became shorter.
func (p *prover) refuse(page int64) bool {
	p.reads++
	p.refused[page]++
	if page == 1 || p.refused[page] > refusals {
		return false
	}
	if p.passes != nil {
		p.judge(p.passes.stop())
		return true
	}
	p.chain.refused(page)
	p.spend()
	return true
}

// count keeps the account of every page.
func (p *prover) count(r reading) {
	p.reads++
	if p.reads == 1 {
		p.totalStart = r.total
		p.budget = readsPerPage*r.pages() + readsMore
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

// chained goes on after a chain has reached its end.
func (p *prover) chained(last reading) {
	p.steps += p.chain.steps
	done := p.chain
	single := done.reads == 1
	if p.walk == nil {
		p.walk = done
		if single {
			p.finish(methodPage)
			return
		}
	} else {
		p.sweeps++
		p.moved += done.newer
		p.level = max(p.level, done.level)
		if single {
			p.conclude(last)
			return
		}
	}
	p.chain = newSweep(done.top, p.closed, p.walk.top)
	p.spend()
}

// conclude compares the account with the totals. Every row the list still has
// was counted on the way down or has moved since: so the rows counted are not
// fewer than the total at the end. And all that was counted and has not moved
// was there at the start.
func (p *prover) conclude(last reading) {
	counted := p.walk.older + max(p.walk.level, p.level) + p.walk.newer + p.moved
	switch {
	case last.total != nil && counted < *last.total:
		p.fallBack(fmt.Sprintf("totalItems is %d though %d conversations were counted", *last.total, counted), last)
	case p.totalStart != nil && p.walk.older > *p.totalStart:
		p.fallBack(fmt.Sprintf("totalItems was %d though %d conversations were counted", *p.totalStart, p.walk.older), last)
	default:
		p.finish(methodSweep)
	}
}

func (p *prover) finish(method string) {
	p.finished, p.method = true, method
}

func (p *prover) giveUp(reason string) {
	p.finished, p.method, p.reason = true, "", reason
}

// fallBack starts plain passes: the assumptions do not hold. A first page is
// the first page of the first pass.
func (p *prover) fallBack(doubt string, r reading) {
	p.doubt = doubt
	p.steps += p.chain.steps
	p.passes = newPasses()
	if r.asked == 1 {
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
	proof := exporter.UserProof{
		UserID: user, Pages: p.reads, RowsRead: p.rows,
		TotalStart: p.totalStart, TotalEnd: p.totalEnd,
		Passes: 1, Sweeps: p.sweeps, StepBacks: p.steps,
		Complete: p.method != "", Method: p.method, Doubt: p.doubt, Reason: p.reason,
	}
	if p.passes != nil {
		proof.Passes = p.passes.count
		proof.Sweeps += p.passes.sweeps
		if p.walk != nil {
			proof.Passes++
		}
	}
	if p.newest != never {
		newest := time.UnixMicro(p.newest).UTC()
		proof.Watermark = &newest
	}
	return proof
}
