package lemlist

import (
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// chain joins the pages of one reading of the list, from the top down, and
// knows up to which row nothing can be missing: the frontier. A page moves the
// frontier only when its seam with what was read before is proven, see
// docs/walk.md. The chain neither reads pages nor waits: it is told what a page
// showed and says which one to read next.
type chain struct {
	// top is the newest time on the first page, the moment the chain began.
	top int64
	// floor ends the chain: it need not go on below rows older than it. With
	// above set, rows as old as the floor are not needed either.
	floor  int64
	above  bool
	sweeps bool // the chain begins at the top and ends with a row of another reading
	// least is the oldest time that the account takes.
	least int64
	// mark splits the fresh rows into newer, level and older, for the account;
	// the chain's own top when none is given.
	mark                *int64
	newer, level, older int64
	// inner chains begin in the middle of the list. They account for rows as old as
	// border or older; what is newer is the business of the chain above.
	inner  bool
	border int64
	again  int64 // rows shown again

	reads    int64
	steps    int64 // pages read again because rows may have moved up unseen
	frontier row
	started  bool
	// ref is the latest joined page: when it was read, every row behind the
	// frontier stood behind ref.end.
	ref     reading
	tail    []row // the last rows before the frontier, in order
	known   map[exporter.IDHash]int64
	dropped bool // whether tail lost its oldest rows
	ahead   []island
	stride  int64

	next int64
	done bool
	flaw string
}

// island is a page read beyond the frontier, with an unproven gap before it.
type island struct {
	reading
	// gap is the largest number of rows that can stand between the frontier and
	// the page; unknown without totals.
	gap     int64
	bounded bool
}

const (
	// tailPages is how many pages of rows before the frontier are remembered.
	tailPages = 4
	// islands bounds the pages kept beyond the frontier.
	islands = 16
)

// newChain starts a chain at page 1 that ends with the list.
func newChain() *chain {
	return &chain{floor: never, least: never, next: 1, known: make(map[exporter.IDHash]int64)}
}

// newChainTo starts a chain at page 1 that ends below the rows as old as since.
func newChainTo(since int64) *chain {
	c := newChain()
	c.floor, c.least = since, since
	return c
}

// newSweep starts a chain at page 1 that ends below floor.
func newSweep(floor int64, above bool, mark int64) *chain {
	c := newChain()
	c.floor, c.above, c.mark, c.sweeps = floor, above, &mark, true
	return c
}

// newInner starts a chain at a page in the middle of the list, during a walk
// whose newest time was top.
func newInner(page, top int64) *chain {
	c := newChain()
	c.inner, c.next, c.top, c.mark = true, page, top, &top
	c.dropped = true // what stands above its first page was never known
	return c
}

// endAt lets the chain end where all rows newer than border are seen.
func (c *chain) endAt(border int64) { c.floor, c.above = border, true }

// counts reports whether the chain accounts for the row, of which other chains
// may see the same version.
func (c *chain) counts(row row) bool {
	return row.at >= c.least && (!c.inner || row.at <= c.border) && (!c.above || c.sweeps || row.at > c.floor)
}

// observe takes the page the chain asked for.
func (c *chain) observe(r reading) {
	c.reads++
	if c.reads == 1 && !c.inner {
		c.top = never
		if len(r.rows) > 0 {
			c.top = r.rows[0].at
		}
		if c.mark == nil {
			c.mark = &c.top
		}
	} else if c.started && r.asked <= c.ref.asked {
		c.steps++
	}
	here := island{reading: r}
	if c.started && r.placed && c.ref.placed && r.total != nil && c.ref.total != nil {
		here.gap, here.bounded = r.offset-c.ref.end+*c.ref.total-*r.total, true
	}
	if !c.touches(here) {
		c.goBack(here)
		return
	}
	c.stride = 0
	if c.flaw = c.strange(r.rows); c.flaw != "" {
		return
	}
	c.join(r)
	for i := 0; i < len(c.ahead); i++ {
		if c.touches(c.ahead[i]) {
			joined := c.ahead[i].reading
			c.ahead = slices.Delete(c.ahead, i, i+1)
			c.join(joined)
			i = -1 // the frontier has moved: look at all again
		}
	}
}

// refused takes the place of a page that the server does not give, which is
// how some servers answer beyond the last page.
func (c *chain) refused(page int64) {
	c.reads++
	c.goBack(island{reading: reading{asked: page, served: page}})
}

// touches reports whether no row can stand between the frontier and the page:
// the page begins at the top, or before the frontier, or right behind it.
func (c *chain) touches(r island) bool {
	if r.asked == 1 || r.bounded && r.gap <= 0 || c.inner && !c.started {
		return true
	}
	if !c.started || len(r.rows) == 0 {
		return false
	}
	return r.rows[0].at > c.frontier.at || slices.ContainsFunc(r.rows, c.knows)
}

// knows reports whether the row is one of the last before the frontier, unmoved.
func (c *chain) knows(r row) bool {
	at, ok := c.known[r.id]
	return ok && at == r.at
}

// fresh is the number of a page's rows, counted from its end, that stand behind
// the frontier.
func (c *chain) fresh(rows []row) int {
	for i, row := range slices.Backward(rows) {
		if c.started && (row.at > c.frontier.at || c.knows(row)) {
			return len(rows) - 1 - i
		}
	}
	return len(rows)
}

// join moves the frontier to the end of a page that touches it.
func (c *chain) join(r reading) {
	fresh := r.rows[len(r.rows)-c.fresh(r.rows):]
	c.again += int64(len(r.rows) - len(fresh))
	old := 0
	for _, row := range fresh {
		if row.at < c.top {
			old++
		}
		switch {
		case !c.counts(row):
		case row.at > *c.mark:
			c.newer++
		case row.at == *c.mark:
			c.level++
		default:
			c.older++
		}
	}
	for i := range c.ahead {
		// These rows were there too when an earlier page left its gap, unless they are
		// as new as the top: then they may have come since.
		if !c.ahead[i].arrived.After(r.sent) {
			c.ahead[i].gap -= int64(old)
		}
	}
	c.remember(fresh, r.perPage)
	if len(fresh) > 0 {
		c.frontier = fresh[len(fresh)-1]
		c.started = true
	}
	c.ref, c.next = r, r.next
	beyond := c.started && (c.frontier.at < c.floor || c.above && c.frontier.at == c.floor)
	c.done = r.next == 0 || beyond
}

// strange names what the page just read shows that the assumptions exclude.
// Above the frontier every row was seen before, unless it has moved since the
// chain began, and then it is not older than the top. (Of an island, read
// earlier than it is joined, this is not so: its rows may be gone since.)
func (c *chain) strange(rows []row) string {
	behind := len(rows) - c.fresh(rows)
	for _, row := range rows[:behind] {
		remembered := !c.dropped || row.at < c.tail[0].at
		if row.at < c.top && remembered && !c.knows(row) {
			return "a conversation appeared among older ones that had been read"
		}
	}
	for _, row := range rows[behind:] {
		if _, ok := c.known[row.id]; ok {
			return "the lastActivityAt of a conversation went back"
		}
	}
	return ""
}

// remember appends to the tail and cuts it at its other end.
func (c *chain) remember(fresh []row, perPage int64) {
	c.tail = append(c.tail, fresh...)
	for _, row := range fresh {
		c.known[row.id] = row.at
	}
	keep := tailPages * max(int(perPage), len(fresh), 1)
	if excess := len(c.tail) - keep; excess > keep {
		for _, row := range c.tail[:excess] {
			delete(c.known, row.id)
		}
		c.tail = slices.Clone(c.tail[excess:])
		c.dropped = true
	}
}

// goBack keeps the page for later and asks for one further up, in growing
// strides, but no further than the totals demand.
func (c *chain) goBack(r island) {
	if len(r.rows) > 0 || r.bounded {
		if len(c.ahead) == islands {
			c.ahead = slices.Delete(c.ahead, 0, 1)
		}
		c.ahead = append(c.ahead, r)
	}
	c.stride = max(1, 2*c.stride)
	// A server may give its last page instead of one that is gone.
	page := min(r.asked, max(r.served, 1)) - c.stride
	if r.bounded {
		fall := *c.ref.total - *r.total
		page = max(page, (c.ref.end-fall)/r.perPage+1)
	}
	c.next = max(1, min(page, r.asked-1))
}
