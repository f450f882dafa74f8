package prover

import (
	"fmt"
	"math"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// MostInFlight is how many requests may be in flight at the same time.
const MostInFlight = 20

// Bounds of a walk. A list that needs more moves too fast to be proven.
const (
	// readsPerPage and readsMore bound the pages read: readsPerPage for each page
	// the list had at first, and readsMore.
	readsPerPage = 6
	readsMore    = 64
	// refusals is how often a page may be refused before that is an error.
	refusals = 8
	// mostDenials is how often a list may be denied before a page of it has come, and
	// mostLateDenials how often after, until that is believed.
	mostDenials     = 1
	mostLateDenials = 3
	// flaws is how often a page may come with a part of it missing.
	flaws = 2
	// mostDeep is how often a sweep of several pages goes down to the floor.
	mostDeep = 2
	// walks is how often a list is walked from top to bottom.
	walks = 4
	// tick is more than the server's clock needs to advance by its resolution, one
	// millisecond, whatever the two clocks show.
	tick = 10 * time.Millisecond
	// atOnce is how far reads of different lists may lie apart and still count as
	// one moment.
	atOnce = 2 * time.Second
)

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
	course
	asked   map[int]int64 // requests by segment
	aimed   map[Request]schema.IDHash
	pause   time.Time // no request before
	refused map[int64]int
	denials int
	flawed  int
}

// New returns a prover of a list of which nothing is known.
func New(margin Margin) *Prover {
	return &Prover{
		course: course{
			evidence: evidence{counts: newCounts(), margin: margin, newest: never, walked: 1},
			walk:     newTraversal(segmentPages), budget: math.MaxInt64,
		},
		asked: make(map[int]int64), aimed: make(map[Request]schema.IDHash), refused: make(map[int64]int),
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
	p.phase, p.sweep = sweeping, newSweep(p.floor, time.Time{})
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

// Observe takes the page that Next named.
func (p *Prover) Observe(q Request, r Page) {
	defer p.spend()
	p.inFlight--
	unstated := p.start == nil
	if p.count(r); p.reads == 1 {
		p.budget = budgetOf(r.pages())
	} else if unstated && r.total != nil { // the first that states it
		p.budget = max(p.budget, p.before+budgetOf(r.pages()))
	}
	if p.useless() {
		return
	}
	downward := p.phase == traversing || p.phase == sweeping && p.since != nil && p.sweeps == 0
	if downward && r.total == nil { // how long the list is shows only as it is read
		p.budget = max(p.budget, p.before+budgetOf(q.Page))
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
	s := p.segmentOf(q)
	p.take(r, p.phase, s)
	switch p.phase {
	case traversing:
		p.descended(s, r)
	case sweeping:
		p.sweptPage(r)
	case checking:
		p.checked(p.aim(q), r)
	default:
	}
}

// useless reports whether nobody waits for the response that has just come.
func (p *Prover) useless() bool {
	if p.discard > 0 {
		p.discard--
		return true
	}
	return p.phase == finished
}

// segmentOf is the segment that a request belongs to; nil for none.
func (p *Prover) segmentOf(q Request) *segment {
	if p.phase != traversing {
		return nil
	}
	return p.walk.segment(q.Segment)
}

// aim is the search for the gap that a request was for.
func (p *Prover) aim(q Request) *search {
	id := p.aimed[q]
	delete(p.aimed, q)
	return p.checks.searches[id]
}

// again asks for a page once more, if it is still of use: the gap that it was for
// may have been closed meanwhile.
func (p *Prover) again(q Request) {
	if s := p.segmentOf(q); s != nil {
		s.open = false
	}
	if _, ok := p.aimed[q]; ok {
		p.aim(q).open = false
	}
	if p.phase == checking {
		p.goOnChecking()
	}
}

// Refuse takes the place of Observe when the server does not give the page. It
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
		p.checked(p.aim(q), Page{asked: q.Page, served: q.Page, perPage: max(q.Size, p.size)})
	case p.phase == traversing:
		p.walk.refused(p.walk.segment(q.Segment))
		p.descend(Page{total: p.totalEnd})
	}
	return true
}

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

// Account returns the account of the list so far.
func (p *Prover) Account() Account {
	account := Account{
		Pages: p.reads, RowsRead: p.rows, TotalStart: p.start, TotalEnd: p.totalEnd,
		Passes: p.walked, Sweeps: p.sweeps, StepBacks: p.steps,
		Method: p.method, Reason: p.reason, Doubt: p.doubt, Widened: p.widened, Reopened: p.reopened,
		Newest: p.newest, Distinct: p.distinct(), Fingerprint: p.print, Unnamed: p.audit.Named == 0,
	}
	if p.since != nil {
		since := p.since.Newest.UTC()
		account.Since = &since
	}
	if p.passes != nil {
		if !p.walk.done() { // it was left for the passes
			account.Passes--
		}
		account.Passes += p.passes.count
		account.Sweeps += p.passes.sweeps
	} else if account.Method != "" {
		account.Lookback = new(p.held)
	}
	return account
}
