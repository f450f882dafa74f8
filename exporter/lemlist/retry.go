package lemlist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// question is one GET request, however often it has to be sent.
type question struct {
	path string
	// values is the query; it is asked for anew before every attempt.
	values func() url.Values
	// plain says that the answer is no table: its values take less memory, see plainValues.
	plain bool
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
		var next pause
		if another := failed.Is(errPageRefused) && q.refused != nil && q.refused(); !another {
			if next, err = hope.after(failed, c.worked.Load(), time.Now()); err != nil {
				return spent, exporter.WithHint(err, hint(err, failed))
			}
		}
		if !c.repeats.spend() {
			return spent, exporter.WithHint(&givenUpError{why: "too many repeated requests in this run", last: failed}, failed.problem.hint())
		}
		if err := c.pauseAfter(ctx, failed, attempt, next); err != nil {
			return spent, fmt.Errorf("%s: %w", failed.request, err)
		}
		spent.retries++
	}
}

// hint says what to do about a failure that ends the attempts.
func hint(err error, failed *failure) string {
	text := failed.problem.hint()
	if gaveUp, ok := errors.AsType[*givenUpError](err); ok && gaveUp.late {
		text += " max_elapsed in the block retry sets how long lemexport tries."
	}
	return text
}

// pauseAfter tells of a failure and waits. When the server names a time, everybody
// waits: a 429 is about the key, a 503 about the server. Any other answer may name the
// time of the rate limit's window.
func (c *client) pauseAfter(ctx context.Context, failed *failure, attempt int, next pause) error {
	if failed.problem == problemThrottled {
		c.limiter.Pause(ctx, time.Now().Add(next.wait))
		c.obs.Observe(exporter.Throttled{Wait: next.wait})
	} else {
		if failed.status == http.StatusServiceUnavailable && failed.wait > 0 {
			c.limiter.Pause(ctx, time.Now().Add(failed.wait))
		}
		c.obs.Observe(exporter.RequestRetried{Request: failed.request, Attempt: attempt, Wait: next.wait, Left: next.left, Reason: failed.reason()})
	}
	if next.wait <= 0 {
		return nil
	}
	timer := time.NewTimer(next.wait)
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
	attempts  int
	failures  int       // without the answers 429
	throttles int       // answers 429 in a row
	since     time.Time // the first attempt left
}

// pause is what follows a failure: the time until the next attempt, and how long
// after it the attempts may go on; 0 when their number is what ends them.
type pause struct{ wait, left time.Duration }

func newHope(p pace) *hope {
	// A factor of 1 draws from 0 to twice the interval: full jitter.
	return &hope{pace: p, waits: backoff.ExponentialBackOff{
		InitialInterval: p.firstWait / 2, MaxInterval: p.longestWait / 2, Multiplier: 2, RandomizationFactor: 1,
	}}
}

// after is how long to wait after a failure at now, or the error that ends the
// attempts. worked says that the endpoint has given a good answer before: then time
// is what ends them, so that an outage is outlived. Before, the endpoint may be wrong.
func (h *hope) after(failed *failure, worked bool, now time.Time) (pause, error) {
	h.attempts++
	if h.since.IsZero() {
		h.since = now.Add(-failed.took)
	}
	var wait time.Duration
	switch failed.problem.remedy() {
	case remedyWait:
		// Never faster and faster where the API names no time, or zero.
		wait = max(failed.wait, min(h.pace.leastThrottle<<min(h.throttles, 20), ratelimit.LongestThrottle))
		h.throttles++
	case remedyRepeat:
		wait = max(failed.wait, h.waits.NextBackOff())
		h.throttles = 0
		h.failures++
	default:
		return pause{}, failed
	}
	elapsed := now.Sub(h.since)
	left := h.pace.patience - elapsed
	why := fmt.Sprintf("%s in %s", attempts(h.attempts), elapsed.Round(time.Millisecond))
	most := h.pace.mostBeforeWorking(failed.problem)
	counted := !worked && most > 0
	switch {
	case counted && h.failures >= most:
		return pause{}, &givenUpError{why: why, last: failed}
	case left <= 0:
		return pause{}, &givenUpError{why: why, last: failed, late: true}
	case failed.wait > left:
		why += fmt.Sprintf(", as the API asks to wait %s", failed.wait.Round(time.Second))
		return pause{}, &givenUpError{why: why, last: failed, late: true}
	}
	next := pause{wait: min(wait, left)}
	if !counted {
		next.left = left - next.wait
	}
	return next, nil
}

func attempts(n int) string {
	if n == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", n)
}

// mostBeforeWorking is the number of failures that ends the attempts at an endpoint
// that has not worked yet; 0 is none. A server that answers with its own troubles is
// no wrong endpoint.
func (p pace) mostBeforeWorking(problem problem) int {
	switch {
	case problem == problemServer, problem == problemThrottled:
		return 0
	case problem == problemProxyGateway:
		return 1
	case problem.looksMisdirected():
		return p.firstAttempts
	default:
		return p.attempts
	}
}

// repeatsPerAnswer is how many repeated requests a good answer allows for.
const repeatsPerAnswer = 10

// repeats bounds the repeated requests of a run: a number of them, which an outage
// does not use up, and some for every good answer.
type repeats struct {
	mu         sync.Mutex
	left, most int
}

func (r *repeats) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(r.left+repeatsPerAnswer, r.most)
}

func (r *repeats) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	return r.left >= 0
}
