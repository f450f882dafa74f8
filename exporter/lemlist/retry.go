package lemlist

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter"
)

// question is one GET request, however often it has to be sent.
type question struct {
	path string
	// values is the query; it is asked for anew before every attempt.
	values func() url.Values
	// accept reads the body of a good answer. Its error, a text that quotes nothing,
	// says that the body is not what was asked for.
	accept func(answer) error
	// refused is told of a 400 of no known kind. It reports whether the query is
	// another one now. May be nil.
	refused func() bool
}

// ask sends a question until it has a good answer, or there is no hope of one.
// The cost is that of all attempts, also with an error.
func (c *client) ask(ctx context.Context, q question) (spent cost, err error) {
	hope := newHope(c.pace)
	for attempt := 1; ; attempt++ {
		failed := c.attempt(ctx, q, attempt, &spent)
		if failed == nil {
			c.repeats.earn()
			c.worked.Store(true)
			return spent, nil
		}
		if ctx.Err() != nil {
			return spent, fmt.Errorf("%s: %w", failed.request, ctx.Err())
		}
		var wait time.Duration
		if another := failed.Is(errPageRefused) && q.refused != nil && q.refused(); !another {
			if wait, err = hope.after(failed, c.worked.Load()); err != nil {
				return spent, exporter.WithHint(err, failed.problem.hint())
			}
		}
		if !c.repeats.spend() {
			return spent, exporter.WithHint(&givenUpError{why: "too many repeated requests in this run", last: failed}, failed.problem.hint())
		}
		if err := c.pauseAfter(ctx, failed, attempt, wait); err != nil {
			return spent, fmt.Errorf("%s: %w", failed.request, err)
		}
		spent.retries++
	}
}

// pauseAfter tells of a failure and waits. A 429 is about the key, so that
// everybody waits.
func (c *client) pauseAfter(ctx context.Context, failed *failure, attempt int, wait time.Duration) error {
	if failed.problem == problemThrottled {
		c.limiter.pause(time.Now().Add(wait))
		c.obs.Observe(exporter.Throttled{Wait: wait})
	} else {
		c.obs.Observe(exporter.RequestRetried{Request: failed.request, Attempt: attempt, Wait: wait, Reason: failed.reason()})
	}
	if wait <= 0 {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hope is what is left of the patience with one request.
type hope struct {
	pace      pace
	waits     backoff.ExponentialBackOff
	failures  int
	failing   time.Duration // the failures and the waits after them
	throttles int           // in a row
	throttled time.Duration // waits after 429
}

func newHope(p pace) *hope {
	// A factor of 1 draws from 0 to twice the interval: full jitter.
	return &hope{pace: p, waits: backoff.ExponentialBackOff{
		InitialInterval: p.firstWait / 2, MaxInterval: p.longestWait / 2, Multiplier: 2, RandomizationFactor: 1,
	}}
}

// after is how long to wait after a failure, or the error that ends the attempts.
// worked says that the endpoint has given a good answer before.
func (h *hope) after(failed *failure, worked bool) (time.Duration, error) {
	switch failed.problem.remedy() {
	case remedyWait:
		return h.afterThrottle(failed)
	case remedyRepeat:
	default:
		return 0, failed
	}
	h.throttles = 0
	h.failures++
	h.failing += failed.took
	most := h.pace.attempts
	if !worked && failed.problem.looksMisdirected() {
		most = h.pace.firstAttempts
	}
	wait := h.waits.NextBackOff()
	if h.failures >= most || h.failing+wait > h.pace.patience {
		why := fmt.Sprintf("%d attempts in %s", h.failures, h.failing.Round(time.Millisecond))
		return 0, &givenUpError{why: why, last: failed}
	}
	h.failing += wait
	return wait, nil
}

// afterThrottle obeys a 429, but never asks faster and faster where the API names
// no time or zero.
func (h *hope) afterThrottle(failed *failure) (time.Duration, error) {
	wait := max(failed.wait, min(h.pace.leastThrottle<<h.throttles, longestThrottle))
	h.throttles++
	if h.throttles >= h.pace.throttles || h.throttled+wait > h.pace.throttledFor {
		why := fmt.Sprintf("%d answers in a row that the rate limit is spent", h.throttles)
		return 0, &givenUpError{why: why, last: failed}
	}
	h.throttled += wait
	return wait, nil
}

// repeats bounds the repeated requests of a run: a number of them, and one for
// every good answer.
type repeats struct {
	mu         sync.Mutex
	left, most int
}

func (r *repeats) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(r.left+1, r.most)
}

func (r *repeats) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	return r.left >= 0
}
