package lemlist

import (
	"context"
	"sync"
	"time"
)

// limiter makes callers wait until the budget lets them out, first come, first
// served.
type limiter struct {
	off bool
	// turn is held by the caller who is next. Go wakes those who wait for a
	// channel in the order they came.
	turn chan struct{}

	mu      sync.Mutex
	budget  budget
	changed chan struct{} // closed, and made anew, when the budget changes
}

func newLimiter(off bool) *limiter {
	return &limiter{off: off, turn: make(chan struct{}, 1), budget: newBudget(), changed: make(chan struct{})}
}

// acquire waits for a place. Give it back with release as soon as the answer
// begins or the call has failed; only the first release counts.
func (l *limiter) acquire(ctx context.Context) (release func(reply), err error) {
	if err := ctx.Err(); err != nil || l.off {
		return func(reply) {}, err
	}
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		release, at, known, changed := l.try()
		if release != nil {
			return release, nil
		}
		if err := until(ctx, at, known, changed); err != nil {
			return nil, err
		}
	}
}

// try lets a call out now, or tells when to try again.
func (l *limiter) try() (release func(reply), at time.Time, known bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if at, known := l.budget.next(now); !known || at.After(now) {
		return nil, at, known, l.changed
	}
	call := l.budget.take(now)
	return func(r reply) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if call.done.IsZero() {
			l.budget.finish(call, time.Now(), r)
			l.wake()
		}
	}, now, true, nil
}

// pause lets nobody out before then.
func (l *limiter) pause(then time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if then.After(l.budget.paused) {
		l.budget.paused = then
		l.wake()
	}
}

// wake makes the caller who is next look again. The limiter must be locked.
func (l *limiter) wake() {
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
