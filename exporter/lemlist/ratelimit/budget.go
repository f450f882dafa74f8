package ratelimit

import (
	"math"
	"slices"
	"time"
)

// margin is added to every window, since clocks and timers are coarse.
const margin = 10 * time.Millisecond

// budget decides when the next call may leave, so that the server never sees
// more than 20 calls in any 2 s, however it counts its windows, and no less
// than it allows. It neither waits nor reads a clock.
//
// The argument. A call is sent at s, reaches the server at a and its response
// arrives here at r, all but a on our clock. With f and b the shortest way there and
// back, s+f ≤ a ≤ r-b. So of two calls i and j, j reaches the server at least
// 2 s after i when s(j)+f ≥ r(i)-b+2s, that is when
//
//	s(j) ≥ r(i) + 2s - (f+b)
//
// Until then call i holds a place, of which there are 20. Any call leaves only
// when it finds a place; so among 21 calls the last to leave comes at least 2 s
// after one of the others, and no window holds all of them.
//
// A call that ended without a response, because its caller gave up or its process
// was killed, may have reached the server as late as r. It holds its place for
// the whole 2 s after its end.
//
// f+b is the credit. It is taken from the shortest round trip seen, without the
// time to connect, which only approaches f+b from above: the more round trips are known
// and the less they differ, the nearer it is. So the credit is less than the shortest
// round trip by what the average one is longer, three times that over the root of
// their number. It is zero until 20 round trips are known, and is forgotten at a 429, which
// says that something in the argument does not hold. Without the credit the argument
// needs no assumption, but a call costs its latency on top of the 2 s. With it, a call
// costs what its round trip is longer than the credit.
//
// Other programs may use the same key. The processes that share a ledger have one
// budget, which contains the calls of all. The number that the server states as
// remaining shows the calls of other programs: their places are held back too,
// with doubts (see stated).
type budget struct {
	limit  int // calls a window: at most 20, less when the server states less
	calls  []*apiCall
	paused time.Time // nothing leaves before

	shortest time.Duration // round trip
	average  time.Duration // of the samples
	samples  int

	// others holds the most calls of other programs seen in this span and in the
	// one before; spanned is when this one began.
	others  [2]int
	spanned time.Time

	// stated doubts what the server says is left.
	stated stated

	// processes share the budget with this one, by their names in the ledger. Their calls
	// are among the calls.
	processes map[string]process

	frees []time.Time // the memory of next
}

// span is how long calls of other programs are expected to go on.
const span = 3 * Window / 2

// apiCall is a call that has left.
type apiCall struct {
	owner    string // the process; "" is this one
	sent     time.Time
	done     time.Time // zero while in flight
	rejected bool      // with 429
	lost     bool      // ended without a response
}

// Reply is how a call ended. The zero value is a call that ended without a
// response.
type Reply struct {
	Answered  bool
	RoundTrip time.Duration // without connecting; 0 is unknown
	Throttled bool
	// Stated says that the server stated Limit and Remaining.
	Stated           bool
	Limit, Remaining int
}

func newBudget() budget { return budget{limit: Requests} }

// credit is the shortest time there and back, as far as is known.
func (b *budget) credit() time.Duration {
	if b.samples < Requests {
		return 0
	}
	doubt := 3 * float64(b.average-b.shortest) / math.Sqrt(float64(b.samples))
	return max(b.shortest-time.Duration(doubt), 0)
}

// mostSamples bounds the weight of what is long past.
const mostSamples = 1000

// measure takes a round trip.
func (b *budget) measure(took time.Duration) {
	if b.samples == 0 || took < b.shortest {
		b.shortest = took
	}
	b.samples = min(b.samples+1, mostSamples)
	b.average += (took - b.average) / time.Duration(b.samples)
}

// free is when a finished call gives its place back.
func (b *budget) free(c *apiCall) time.Time {
	whole := c.done.Add(Window + margin)
	if c.lost {
		return whole
	}
	return whole.Add(-b.credit())
}

// next returns when the next call may leave, which is now or earlier when it may
// leave at once; it is unknown while that depends on calls in flight.
func (b *budget) next(now time.Time) (at time.Time, known bool) {
	others := b.expect(now)
	places := max(1, b.limit-others)
	var held int
	frees := b.frees[:0]
	for _, call := range b.calls {
		if call.done.IsZero() {
			held++
		} else if free := b.free(call); free.After(now) {
			held++
			frees = append(frees, free)
		}
	}
	b.frees = frees
	at, known = now, true
	if missing := held - places + 1; missing > 0 {
		if known = missing <= len(frees); known {
			slices.SortFunc(frees, time.Time.Compare)
			at = frees[missing-1]
		}
		if turns := b.spanned.Add(span); others > 0 && (!known || turns.Before(at)) {
			at, known = turns, true // the others may have gone by then
		}
	}
	if known && at.Before(b.paused) {
		at = b.paused
	}
	return at, known
}

// take starts a call.
func (b *budget) take(now time.Time) *apiCall {
	b.calls = slices.DeleteFunc(b.calls, func(c *apiCall) bool {
		return !c.done.IsZero() && now.Sub(c.done) > kept
	})
	call := &apiCall{sent: now}
	b.calls = append(b.calls, call)
	return call
}

// finish ends a call.
func (b *budget) finish(c *apiCall, now time.Time, r Reply) {
	c.done, c.rejected, c.lost = now, r.Throttled, !r.Answered
	if r.RoundTrip > 0 {
		b.measure(r.RoundTrip)
	}
	if r.Stated {
		b.limit = max(1, min(r.Limit, Requests))
	}
	foreign, known := b.foreign(c, now, r)
	if known {
		foreign = b.stated.believed(r, foreign)
	}
	if b.stated.tried > 0 {
		// A trial takes back what was held for others.
		for i, others := range b.others {
			b.others[i] = min(others, max(foreign, 0))
		}
	}
	if r.Throttled {
		b.samples, b.shortest, b.average = 0, 0, 0
		// A 429 without another explanation is caused by others as well.
		foreign = max(foreign, min(b.expect(now)+1, b.limit/2))
	}
	if foreign > 0 {
		b.expect(now)
		b.others[1] = max(b.others[1], min(foreign, b.limit-1))
	}
}

// foreign returns how many calls of other programs the response to c shows: those that
// the server has counted, less every call of ours that may be among them. It is unknown
// when the response states nothing, or took too long.
func (b *budget) foreign(c *apiCall, now time.Time, r Reply) (calls int, known bool) {
	if !r.Stated || now.Sub(c.sent) > Window {
		return 0, false
	}
	// Those that reached the server up to 2 s before c, or before its response to c. The
	// server may count a rejected call; then places are held back in vain.
	from := c.sent.Add(b.credit() - Window - margin)
	ours := 0
	for _, call := range b.calls {
		if !call.rejected && !call.sent.After(now) && (call.done.IsZero() || call.done.After(from)) {
			ours++
		}
	}
	return r.Limit - r.Remaining - ours, true
}

// expect returns how many calls a window other programs are expected to make.
func (b *budget) expect(now time.Time) int {
	switch since := now.Sub(b.spanned); {
	case since >= 2*span:
		b.others, b.spanned = [2]int{}, now
	case since >= span:
		b.others, b.spanned = [2]int{b.others[1], 0}, b.spanned.Add(span)
	}
	return max(b.others[0], b.others[1])
}

// process is another process that shares the budget.
type process struct {
	seen    time.Time // when it last wrote
	waiting time.Time // it waits for a place, and will look for one before this time
}

// yields reports whether a free place belongs to another process: one that waits and has
// less than an equal share, while this one has its share. Without the rule, the process
// that wakes first takes all places that become free at once, and has them again a
// window later.
func (b *budget) yields(now time.Time) bool {
	waiting := 0
	for _, p := range b.processes {
		if p.waiting.After(now) {
			waiting++
		}
	}
	if waiting == 0 {
		return false
	}
	held := make(map[string]int)
	for _, c := range b.calls {
		if c.done.IsZero() || b.free(c).After(now) {
			held[c.owner]++
		}
	}
	places := max(1, b.limit-b.expect(now))
	share := (places + waiting) / (waiting + 1) // rounded up
	if held[""] < share {
		return false
	}
	for name, p := range b.processes {
		if p.waiting.After(now) && held[name] < share {
			return true
		}
	}
	return false
}
