package lemlist

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// What ends an attempt early.
var (
	errTooLong = errors.New("the answer took too long")
	errStalled = errors.New("the answer stopped half-way")
)

// answer is one whole response.
type answer struct {
	status  int
	header  http.Header
	body    *body // valid until the attempt ends; nil without an answer
	sent    time.Time
	arrived time.Time
}

// text is the body.
func (a answer) text() []byte {
	if a.body == nil {
		return nil
	}
	return a.body.text.Bytes()
}

// attempt sends a question once, and has a good answer accepted.
func (c *client) attempt(ctx context.Context, q question, number int, spent *cost) *failure {
	target := *c.base.JoinPath(q.path)
	target.RawQuery = q.values().Encode()
	name := func() string {
		if target.RawQuery == "" {
			return "GET /" + q.path
		}
		return oneLine(c.redact.Secrets("GET /"+q.path+"?"+target.RawQuery), 4*longestMessage)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return c.lost(name(), err)
	}
	request.SetBasicAuth("", c.key.Reveal())
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Encoding", "gzip")
	request.Header.Set("User-Agent", c.userAgent)

	got, err := c.send(request, q.plain, spent)
	defer c.bodies.give(got.body)
	var failed *failure
	switch {
	case err != nil:
		failed = c.lost(name(), err)
	case got.status < 200 || got.status > 299:
		failed = c.refusal(name(), got)
	default:
		if err := q.accept(got); err != nil {
			failed = c.unfit(name(), got, err)
		} else if got.header.Get(headerSimulated) == "true" {
			c.simulated.Store(true)
		}
	}
	if failed != nil {
		failed.took = got.arrived.Sub(got.sent)
		if failed.problem == problemThrottled {
			spent.throttled++
		}
	}
	c.log(ctx, request, got, number, failed)
	return failed
}

// log writes one line about an attempt. Neither headers nor bodies are in it:
// the one holds the key, and the other what the team has not agreed to show.
func (c *client) log(ctx context.Context, request *http.Request, got answer, number int, failed *failure) {
	if !c.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", request.Method),
		slog.String("path", c.redact.Secrets(request.URL.Path)),
		slog.String("query", c.redact.Secrets(request.URL.RawQuery)),
		slog.Int("attempt", number),
		slog.Int("status", got.status),
		slog.Int("bytes", len(got.text())),
		slog.Duration("duration", got.arrived.Sub(got.sent)),
	}
	if failed != nil {
		attrs = append(attrs, slog.String("failure", failed.reason()))
	}
	c.logger.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
}

// send waits for a place in the budget, sends the request and reads the whole
// answer. The times are set also with an error; the body is to be given back.
func (c *client) send(request *http.Request, plain bool, spent *cost) (got answer, err error) {
	trip := &flight{limiter: c.limiter, spent: spent}
	if err := trip.board(request.Context()); err != nil {
		return got, err
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	long := time.AfterFunc(c.pace.attempt, func() { cancel(errTooLong) })
	defer long.Stop()
	got.sent = time.Now()
	defer func() {
		got.arrived = time.Now()
		// The cause says more than "context canceled".
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause
		}
	}()
	response, err := c.transport.RoundTrip(request.WithContext(httptrace.WithClientTrace(ctx, trip.trace(ctx))))
	if err != nil {
		trip.land(ratelimit.Reply{})
		if c.proxy != nil && !trip.hasConnected() {
			return got, fmt.Errorf("through the proxy %s: %w", c.proxy.Host, err)
		}
		return got, fmt.Errorf("no answer: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	heard := ratelimit.Reply{Answered: true, RoundTrip: trip.roundTrip(), Throttled: response.StatusCode == http.StatusTooManyRequests}
	heard.Limit, heard.Remaining, heard.Stated = ratelimit.ParseBudget(response.Header)
	trip.land(heard)

	got.status, got.header = response.StatusCode, response.Header
	stall := time.AfterFunc(c.pace.stall, func() { cancel(errStalled) })
	defer stall.Stop()
	within := bounds{limit: c.room.largest, small: c.room.small, values: c.room.mostValues, alive: func() { stall.Reset(c.pace.stall) }}
	within.enter = func() (*hold, error) {
		// The server is not to blame for what this program waits for.
		stall.Stop()
		long.Stop()
		defer stall.Reset(c.pace.stall)
		defer long.Reset(c.pace.attempt)
		return c.room.enter(ctx)
	}
	if plain {
		within.values *= plainValues
	}
	good := got.status >= 200 && got.status <= 299
	if !good {
		within.limit = c.pace.errorBodyBytes
	}
	got.body = c.bodies.take()
	if err = got.body.read(response, within); err == nil && good {
		err = c.room.weigh(got.body, within)
	}
	if err == nil || !good && errors.Is(err, errTooLarge) { // the beginning of an error says enough
		return got, nil
	}
	return got, fmt.Errorf("read the answer: %w", err)
}

// flight is a request on its way. net/http sends a GET again by itself when the
// server closes a kept connection instead of answering; the server may have
// counted the first one, so every sending takes a place of its own.
type flight struct {
	limiter *ratelimit.Limiter
	spent   *cost
	release func(ratelimit.Reply)
	tries   int

	mu        sync.Mutex // the hooks below run in goroutines of net/http
	connected time.Time
	first     time.Time // byte of the answer
}

// board takes a place for one sending.
func (f *flight) board(ctx context.Context) (err error) {
	if f.release, err = f.limiter.Acquire(ctx); err == nil {
		f.spent.requests++
	}
	return err
}

// land gives the place back.
func (f *flight) land(r ratelimit.Reply) {
	if f.release != nil {
		f.release(r)
	}
}

// roundTrip is the time from sending to the first byte, without connecting; 0
// when it is not known.
func (f *flight) roundTrip() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.connected.IsZero() || f.first.Before(f.connected) {
		return 0
	}
	return f.first.Sub(f.connected)
}

// hasConnected reports whether there was a connection to the API.
func (f *flight) hasConnected() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.connected.IsZero()
}

func (f *flight) trace(ctx context.Context) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// Runs in RoundTrip, once for every sending; see newTransport.
		GetConn: func(string) {
			if f.tries++; f.tries > 1 {
				f.land(ratelimit.Reply{})
				_ = f.board(ctx) // an error is the context's, which RoundTrip sees itself
			}
		},
		GotConn: func(httptrace.GotConnInfo) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.connected = time.Now()
		},
		GotFirstResponseByte: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.first = time.Now()
		},
	}
}
