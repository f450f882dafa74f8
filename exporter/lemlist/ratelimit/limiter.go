package ratelimit

import (
	"bytes"
	"context"
	"slices"
	"sync"
	"time"
)

// limiter makes callers wait until the budget lets them out, first come, first
// served.
type Limiter struct {
	off bool
	// turn is held by the caller who is next. Go wakes those who wait for a
	// channel in the order they came.
	turn chan struct{}

	mu      sync.Mutex
	budget  budget
	changed chan struct{} // closed, and made anew, when the budget changes

	ledger  Ledger      // nil: nobody to share the budget with
	written []byte      // what this program put into the ledger last
	updated time.Time   // when that was
	failed  func(error) // told when the ledger is given up
	waiting int         // callers
	claim   program     // what the other programs are told
}

func New(off bool) *Limiter {
	return &Limiter{off: off, turn: make(chan struct{}, 1), budget: newBudget(), changed: make(chan struct{})}
}

// share makes the budget one with that of the other programs that use the ledger.
// Without the ledger the calls go on; failed is told, once.
func (l *Limiter) Share(ledger Ledger, failed func(error)) { l.ledger, l.failed = ledger, failed }

// acquire waits for a place. Give it back with release as soon as the answer
// begins or the call has failed; only the first release counts.
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
		release, at, known, changed := l.try(ctx)
		if release != nil {
			return release, nil
		}
		if err := until(ctx, at, known, changed); err != nil {
			return nil, err
		}
	}
}

func (l *Limiter) count(more int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting += more
}

// try lets a call out now, or tells when to try again.
func (l *Limiter) try(ctx context.Context) (release func(Reply), at time.Time, known bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, full := l.full(time.Now()); full {
		return nil, at, true, l.changed
	}
	var call *apiCall
	l.change(ctx, func(now time.Time) {
		if at, known = l.next(now); !known || at.After(now) {
			return
		}
		call = l.budget.take(now)
		l.claim.wants, l.claim.until = l.waiting-1, now.Add(grace)
	})
	if call == nil {
		return nil, at, known, l.changed
	}
	return func(r Reply) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if call.done.IsZero() {
			// The end of a call is told also when its run has ended.
			l.change(context.WithoutCancel(ctx), func(now time.Time) { l.budget.finish(call, now, r) })
			l.wake()
		}
	}, at, true, nil
}

// alone reports whether there was no other program at the last update.
func (l *Limiter) alone() bool { return len(l.written) > 0 && len(l.budget.programs) == 0 }

// full tells without a look into the ledger that no call may leave, and when to
// try again. At the last update, a moment ago, there was no other program; one that
// has come since can only have made the wait longer.
func (l *Limiter) full(now time.Time) (at time.Time, full bool) {
	look := l.updated.Add(alonePoll)
	if l.ledger == nil || !l.alone() || now.Before(l.updated) || !now.Before(look) {
		return at, false
	}
	at, known := l.budget.next(now)
	if !known || at.After(look) {
		at = look
	}
	return at, at.After(now)
}

// next is when the next call of this program may leave, or when to look again.
func (l *Limiter) next(now time.Time) (at time.Time, known bool) {
	at, known = l.budget.next(now)
	if l.ledger == nil {
		return at, known
	}
	if known && !at.After(now) && l.budget.claimed(now) {
		at = now.Add(giveWay)
	}
	if poll := now.Add(ledgerPoll); !known || at.After(poll) {
		at = poll
	}
	l.claim.wants, l.claim.until = l.waiting, at.Add(grace)
	return at, true
}

// pause lets nobody out before then.
func (l *Limiter) Pause(ctx context.Context, then time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	longer := false
	l.change(ctx, func(time.Time) {
		if longer = then.After(l.budget.paused); longer {
			l.budget.paused = then
		}
	})
	if longer {
		l.wake()
	}
}

// close ends the sharing. Calls that are in flight hold their places no longer.
func (l *Limiter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ledger == nil {
		return nil
	}
	defer func() { l.ledger = nil }()
	return l.ledger.Close()
}

// change does something to the budget, as all programs know it now. When ctx ends
// first, it does nothing. The limiter must be locked.
func (l *Limiter) change(ctx context.Context, do func(now time.Time)) {
	did := false
	if l.ledger != nil {
		err := l.ledger.Update(ctx, func(text []byte) []byte {
			did = true
			now, id := time.Now(), l.ledger.ID()
			// What this program wrote last says nothing new while it is alone.
			if !l.alone() || !bytes.Equal(text, l.written) {
				l.budget.read(text, now, id, l.ledger.Alive)
			}
			do(now)
			l.written = l.budget.write(l.written[:0], now, id, l.claim)
			l.updated = now
			return l.written
		})
		if err != nil && !did && ctx.Err() != nil {
			return
		}
		if err != nil {
			l.giveUp(err)
		}
	}
	if !did {
		do(time.Now())
	}
}

// giveUp goes on without the ledger. What the others have in flight would be
// held for ever.
func (l *Limiter) giveUp(err error) {
	_ = l.ledger.Close() // so that they hold nothing for this program
	l.ledger = nil
	l.budget.calls = slices.DeleteFunc(l.budget.calls, func(c *apiCall) bool { return c.owner != "" && c.done.IsZero() })
	l.budget.programs = nil
	l.failed(err)
}

// wake makes the caller who is next look again. The limiter must be locked.
func (l *Limiter) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// until waits for a time, if it is known, or for a change.
func until(ctx context.Context, at time.Time, known bool, changed <-chan struct{}) error {
	var due <-chan time.Time
	if known {
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
