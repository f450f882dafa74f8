package ratelimit

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

const (
	// poll is how often a process that waits reads the ledger again. A place is taken for
	// two seconds after its call, so there is time.
	poll = 100 * time.Millisecond
	// grace is how late a process may be to take the place that it waits for.
	grace = 50 * time.Millisecond
	// giveWay is how long the others leave it the place before they look again.
	giveWay = 5 * time.Millisecond
)

// Limiter makes callers wait until a request may leave, first come, first served.
type Limiter struct {
	off bool
	// turn is held by the caller who is next. Go wakes those who wait for a
	// channel in the order they came.
	turn chan struct{}

	mu      sync.Mutex
	budget  budget
	changed chan struct{} // closed, and made anew, when the budget changes
	waiting int           // callers

	ledger Ledger      // nil: the budget is not shared
	id     string      // names this process in the ledger
	claim  time.Time   // until when the other processes leave this one its share
	renew  *time.Timer // of the lease
	failed func(error) // observes why the ledger is given up
}

// New makes a limiter; one that is off lets every request leave at once.
func New(off bool) *Limiter {
	return &Limiter{off: off, turn: make(chan struct{}, 1), budget: newBudget(), changed: make(chan struct{})}
}

// Share makes the budget one with that of the other processes that use the ledger. When
// the ledger fails, the requests go on without it, and failed observes the error, once.
// Call it before the first [Limiter.Acquire].
func (l *Limiter) Share(ledger Ledger, failed func(error)) {
	l.ledger, l.failed, l.id = ledger, failed, rand.Text()
	l.renew = time.AfterFunc(lease/2, l.renewLease)
	l.renew.Stop()
}

// Acquire waits until a request may leave. Call release as soon as the response begins
// or the request has failed; only the first release counts.
func (l *Limiter) Acquire(ctx context.Context) (release func(Reply), err error) {
	if err := ctx.Err(); err != nil || l.off {
		return func(Reply) {}, err
	}
	l.count(1)
	defer l.count(-1)
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		call, at, changed, err := l.try(ctx)
		if err != nil {
			return nil, err
		}
		if call != nil {
			return func(r Reply) { l.release(ctx, call, r) }, nil
		}
		if err := wait(ctx, at, changed); err != nil {
			return nil, err
		}
	}
}

func (l *Limiter) count(more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting += more
}

// try lets a call leave now, or returns when to try again: at a time, unless it is zero,
// and when the budget has changed.
func (l *Limiter) try(ctx context.Context) (call *apiCall, at time.Time, changed <-chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, err := l.begin(ctx)
	if err != nil {
		return nil, at, nil, err
	}
	if at = l.next(now); at.Equal(now) {
		call = l.budget.take(now)
		if l.claim = now.Add(grace); l.waiting == 1 { // no other caller
			l.claim = time.Time{}
		}
	} else {
		l.claim = at.Add(grace)
	}
	l.end(now)
	return call, at, l.changed, nil
}

// next is when the next call may leave, which is now if it may leave at once, or when to
// look again; zero while that depends on calls of this process.
func (l *Limiter) next(now time.Time) time.Time {
	at, known := l.budget.next(now)
	switch {
	case l.ledger == nil && !known:
		return time.Time{}
	case l.ledger != nil && known && !at.After(now) && l.budget.yields(now):
		return now.Add(giveWay)
	case l.ledger != nil && (!known || at.After(now.Add(poll))):
		return now.Add(poll)
	case at.Before(now):
		return now
	}
	return at
}

// release ends a call, also when its run has ended.
func (l *Limiter) release(ctx context.Context, call *apiCall, r Reply) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !call.done.IsZero() {
		return
	}
	now, _ := l.begin(context.WithoutCancel(ctx))
	l.budget.finish(call, now, r)
	l.end(now)
	l.wake()
}

// Pause lets no request leave before then.
func (l *Limiter) Pause(ctx context.Context, then time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, err := l.begin(ctx)
	if err != nil {
		return // the run has ended
	}
	if then.After(l.budget.paused) {
		l.budget.paused = then
		l.wake()
	}
	l.end(now)
}

// renewLease shows the other processes that calls which take long are still in flight.
func (l *Limiter) renewLease() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now, err := l.begin(context.Background()); err == nil {
		l.end(now)
	}
}

// begin locks the ledger and reads the calls of the other processes; end writes those of
// this one, and unlocks it. Both want the limiter to be locked. An error is that of ctx.
func (l *Limiter) begin(ctx context.Context) (now time.Time, err error) {
	if l.ledger == nil {
		return time.Now(), nil
	}
	text, err := l.ledger.Lock(ctx)
	now = time.Now()
	switch {
	case err == nil:
		readLedger(&l.budget, text, now, l.id)
	case ctx.Err() != nil:
		return now, ctx.Err()
	default:
		l.giveUp(err, now)
	}
	return now, nil
}

func (l *Limiter) end(now time.Time) {
	if l.ledger == nil {
		return
	}
	if err := l.ledger.Unlock(writeLedger(&l.budget, now, l.id, l.claim)); err != nil {
		l.giveUp(err, now)
		return
	}
	if slices.ContainsFunc(l.budget.calls, func(c *apiCall) bool { return c.owner == "" && c.done.IsZero() }) {
		l.renew.Reset(lease / 2)
	} else {
		l.renew.Stop()
	}
}

// giveUp goes on without the ledger. The ends of the calls that others have in flight
// will not be known.
func (l *Limiter) giveUp(err error, now time.Time) {
	l.renew.Stop()
	l.ledger, l.budget.processes = nil, nil
	for _, c := range l.budget.calls {
		if c.owner != "" && c.done.IsZero() {
			c.done, c.lost = now, true
		}
	}
	l.failed(err)
}

// wake makes the caller who is next look again. The limiter must be locked.
func (l *Limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// wait waits for a time, unless it is zero, or for a change.
func wait(ctx context.Context, at time.Time, changed <-chan struct{}) error {
	var due <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
