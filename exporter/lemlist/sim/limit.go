package sim

import (
	"sync"
	"time"
)

// limiter is the budget of calls of the key, over all routes.
type limiter struct {
	calls    int // per period
	period   time.Duration
	sliding  bool
	rejected Rejected
	other    int // calls another program takes
	off      bool

	mu    sync.Mutex
	start time.Time   // of the fixed window
	used  int         // in the fixed window
	times []time.Time // of the calls in the sliding window, oldest first
}

// quota is what the rate headers tell.
type quota struct {
	ok        bool
	limit     int
	remaining int
	reset     time.Time     // when the window ends
	wait      time.Duration // until then
}

func newLimiter(o Options) *limiter {
	return &limiter{
		calls: o.Calls, period: o.Period, sliding: o.Window == WindowSliding,
		rejected: o.Rejected, other: o.OtherCalls, off: o.Unlimited,
	}
}

// take asks for a call at now. look tells the state without asking for one.
func (l *limiter) take(now time.Time) quota { return l.count(now, true) }
func (l *limiter) look(now time.Time) quota { return l.count(now, false) }

func (l *limiter) count(now time.Time, call bool) quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	q := quota{ok: true, limit: l.calls, remaining: l.calls, reset: now.Add(l.period)}
	switch {
	case l.off:
	case l.sliding:
		l.countSliding(now, call, &q)
	default:
		l.countFixed(now, call, &q)
	}
	q.wait = max(0, q.reset.Sub(now))
	return q
}

func (l *limiter) countFixed(now time.Time, call bool, q *quota) {
	budget := l.calls - l.other
	running := !l.start.IsZero() && now.Sub(l.start) < l.period
	if call && !running {
		l.start, l.used, running = now, 0, true
	}
	used := 0
	if running {
		used = l.used
		q.reset = l.start.Add(l.period)
	}
	if call {
		q.ok = used < budget
		if q.ok || l.rejected != RejectedFree {
			l.used++
			used++
		}
		if !q.ok && l.rejected == RejectedProlong {
			l.start = now
			q.reset = now.Add(l.period)
		}
	}
	q.remaining = max(0, budget-used)
}

func (l *limiter) countSliding(now time.Time, call bool, q *quota) {
	budget := l.calls - l.other
	recent := l.times
	for len(recent) > 0 && now.Sub(recent[0]) >= l.period {
		recent = recent[1:]
	}
	if call {
		q.ok = len(recent) < budget
		if q.ok || l.rejected != RejectedFree {
			recent = append(recent, now)
		}
		l.times = recent
	}
	q.remaining = max(0, budget-len(recent))
	// A place is free again when all but budget-1 calls have left the window.
	if first := max(0, len(recent)-budget); first < len(recent) {
		q.reset = recent[first].Add(l.period)
	}
}
