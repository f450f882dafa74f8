package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// Get sends a request until its response decodes, or until another attempt cannot help.
// The error of decode, a text that quotes nothing, says that the body is not what was
// asked for. The cost in the response is set also with an error.
func Get[T any](ctx context.Context, c *Client, r Request, decode func(Payload) (T, error)) (result T, got Response, err error) {
	var none T
	var spent Cost
	retry := newRetry(c.policy)
	for number := 1; ; number++ {
		result, response, failed := attempt(ctx, c, r, decode, number)
		spent.Add(response.Cost)
		response.Cost = spent
		if failed == nil {
			c.repeats.earn()
			c.worked.Store(true)
			return result, response, nil
		}
		if ctx.Err() != nil {
			return none, response, fmt.Errorf("%s: %w", failed.Request, ctx.Err())
		}
		next, err := retry.after(failed, c.worked.Load(), time.Now())
		if err != nil {
			return none, response, exporter.WithHint(err, hint(err, failed))
		}
		if !c.repeats.spend() {
			return none, response, exporter.WithHint(&givenUpError{why: "too many repeated requests in this run", last: failed}, failed.problem.hint())
		}
		if err := c.pauseAfter(ctx, failed, number, next); err != nil {
			return none, response, fmt.Errorf("%s: %w", failed.Request, err)
		}
		spent.Retries++
	}
}

// hint says what to do about a failure that ends the attempts.
func hint(err error, failed *Error) string {
	text := failed.problem.hint()
	if gaveUp, ok := errors.AsType[*givenUpError](err); ok && gaveUp.late {
		text += " max_elapsed in the block retry sets how long lemexport tries."
	}
	return text
}

// retry decides after every failed attempt of one request whether and when the next follows.
type retry struct {
	policy    Policy
	waits     backoff.ExponentialBackOff
	attempts  int
	failures  int       // without the responses 429
	throttles int       // responses 429 in a row
	since     time.Time // the first attempt left
}

// pause is what follows a failure: the time until the next attempt, and how long
// after it the attempts may go on; 0 when their number is what ends them.
type pause struct{ wait, left time.Duration }

func newRetry(p Policy) *retry {
	// A factor of 1 draws from 0 to twice the interval: full jitter.
	return &retry{policy: p, waits: backoff.ExponentialBackOff{
		InitialInterval: p.FirstWait / 2, MaxInterval: p.LongestWait / 2, Multiplier: 2, RandomizationFactor: 1,
	}}
}

// after is how long to wait after a failure at now, or the error that ends the
// attempts. worked says that the endpoint has given a good response before: then time
// is what ends them, so that an outage is outlived. Before, the endpoint may be wrong.
func (r *retry) after(failed *Error, worked bool, now time.Time) (pause, error) {
	r.attempts++
	if r.since.IsZero() {
		r.since = now.Add(-failed.took)
	}
	var wait time.Duration
	switch failed.problem.remedy() {
	case remedyWait:
		// Never faster and faster where the API names no time, or zero.
		wait = max(failed.wait, min(r.policy.LeastThrottle<<min(r.throttles, 20), ratelimit.LongestThrottle))
		r.throttles++
	case remedyRepeat:
		wait = max(failed.wait, r.waits.NextBackOff())
		r.throttles = 0
		r.failures++
	default:
		return pause{}, failed
	}
	elapsed := now.Sub(r.since)
	left := r.policy.Patience - elapsed
	why := fmt.Sprintf("%s in %s", attempts(r.attempts), elapsed.Round(time.Millisecond))
	most := r.policy.mostBeforeWorking(failed.problem)
	counted := !worked && most > 0
	switch {
	case counted && r.failures >= most:
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

// repeatsPerResponse is how many repeated requests a good response allows for.
const repeatsPerResponse = 10

// repeats bounds the repeated requests of a run: a number of them, which an outage
// does not use up, and some for every good response.
type repeats struct {
	mu         sync.Mutex
	left, most int
}

func (r *repeats) earn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(r.left+repeatsPerResponse, r.most)
}

func (r *repeats) spend() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left--
	return r.left >= 0
}
