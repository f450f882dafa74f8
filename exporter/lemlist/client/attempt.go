package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// What ends an attempt early.
var (
	errTooLong = errors.New("the answer took too long")
	errStalled = errors.New("the answer stopped half-way")
)

// received is what one attempt brought.
type received struct {
	status        int // 0 without a response
	header        http.Header
	body          *body // nil without a response
	sent, arrived time.Time
	requests      int64 // that were sent
}

// text is the body.
func (r received) text() []byte {
	if r.body == nil {
		return nil
	}
	return r.body.text.Bytes()
}

// attempt sends a request once and decodes a good response.
func attempt[T any](ctx context.Context, c *Client, r Request, decode func(Payload) (T, error), number int) (result T, got Response, failed *Error) {
	target := *c.base.JoinPath(r.Path)
	target.RawQuery = r.Query.Encode()
	name := func() string { return c.redact.request(r.Path, target.RawQuery) }
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return result, got, lost(c.redact, name(), err)
	}
	request.SetBasicAuth("", c.key.Reveal())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", c.userAgent)

	came, err := c.send(request, r.Plain)
	defer func() { c.bodies.give(came.body) }()
	got = Response{Sent: came.sent, Arrived: came.arrived, Cost: Cost{Requests: came.requests}}
	switch {
	case err != nil:
		failed = lost(c.redact, name(), err)
	case came.status < 200 || came.status > 299:
		failed = refusal(c.redact, name(), came)
	default:
		result, err = decode(Payload{Text: came.text(), Arrived: came.arrived, Large: came.body.large()})
		if err != nil {
			failed = unfit(c.redact, name(), came, err)
			break
		}
		if came.header.Get(headerSimulated) == "true" {
			c.simulated.Store(true)
		}
		got.Place = came.body.handOver()
		got.Place.releaseAfter(ctx)
		if r.KeepBody {
			got.Body = came.body.keep()
		}
	}
	if failed != nil {
		failed.took = came.arrived.Sub(came.sent)
		if failed.problem == problemThrottled {
			got.Cost.Throttled++
		}
	}
	c.log(ctx, request, came, number, failed)
	return result, got, failed
}

// log writes one line about an attempt. Neither headers nor bodies are in it:
// the one holds the key, and the other what the team has not agreed to show.
func (c *Client) log(ctx context.Context, request *http.Request, came received, number int, failed *Error) {
	if !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", request.Method),
		slog.String("path", c.redact.Secrets(request.URL.Path)),
		slog.String("query", c.redact.Secrets(request.URL.RawQuery)),
		slog.Int("attempt", number),
		slog.Int("status", came.status),
		slog.Int("bytes", len(came.text())),
		slog.Duration("duration", came.arrived.Sub(came.sent)),
	}
	if failed != nil {
		attrs = append(attrs, slog.String("failure", failed.Reason()))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

// send waits for the rate limit, sends the request and reads the whole response. The
// times and the number of requests are set also with an error; the caller gives the body
// back.
func (c *Client) send(request *http.Request, plain bool) (came received, err error) {
	trip := &trip{limiter: c.limiter}
	if err := trip.begin(request.Context()); err != nil {
		return came, err
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	long := time.AfterFunc(c.policy.Attempt, func() { cancel(errTooLong) })
	defer long.Stop()
	came.sent = time.Now()
	defer func() {
		came.arrived, came.requests = time.Now(), trip.requests
		// The cause says more than "context canceled".
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	response, err := c.transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, trip.trace(ctx))))
	if err != nil {
		trip.end(ratelimit.Reply{})
		if c.proxy != nil && !trip.hasConnected() {
			return came, fmt.Errorf("through the proxy %s: %w", c.proxy.Host, err)
		}
		return came, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	reply := ratelimit.Reply{Answered: true, RoundTrip: trip.roundTrip(), Throttled: response.StatusCode == http.StatusTooManyRequests}
	reply.Limit, reply.Remaining, reply.Stated = ratelimit.ParseBudget(response.Header)
	trip.end(reply)

	came.status, came.header = response.StatusCode, response.Header
	stall := time.AfterFunc(c.policy.Stall, func() { cancel(errStalled) })
	defer stall.Stop()
	within := bounds{limit: c.memory.largest, small: c.memory.small, values: c.memory.mostValues, alive: func() { stall.Reset(c.policy.Stall) }}
	within.reserve = func() (*Place, error) {
		// The server is not to blame for what this program waits for.
		stall.Stop()
		long.Stop()
		defer stall.Reset(c.policy.Stall)
		defer long.Reset(c.policy.Attempt)
		return c.memory.reserve(ctx)
	}
	if plain {
		within.values *= plainValues
	}
	good := came.status >= 200 && came.status <= 299
	if !good {
		within.limit = c.policy.ErrorBodyBytes
	}
	came.body = c.bodies.take()
	if err = came.body.read(response, within); err == nil && good {
		err = c.memory.weigh(came.body, within)
	}
	if err == nil || !good && errors.Is(err, ErrTooLarge) { // the beginning of an error says enough
		return came, nil
	}
	return came, fmt.Errorf("read the answer: %w", err)
}
