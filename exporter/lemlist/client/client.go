package client

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// headerSimulated stands on every response of a simulated API. The simulator has
// the same constant; they share the value, not the code.
const headerSimulated = "Lemexport-Simulated"

// What ends an attempt early.
var (
	errTooLong = errors.New("the response took too long")
	errStalled = errors.New("the response stopped half-way")
)

// Options says which API to ask, and how.
type Options struct {
	// Endpoint is the base URL of the API. Plain http is for this machine only.
	Endpoint string
	// Key is the API key. Required.
	Key exporter.Secret
	// UserAgent names the program.
	UserAgent string
	// Unlimited switches the rate limit off, for a simulation on this machine.
	Unlimited bool
	// Ledger returns the ledger of a name, in which the processes that use the same key
	// share its rate limit; nil shares with no process, as Unlimited does.
	Ledger func(name string) ratelimit.Ledger
	// Memory bounds the responses of this client and of others that share it; nil is the
	// least bound, for this client alone.
	Memory *Memory
	// Policy bounds the waits and the repetitions.
	Policy Policy
	// Observer receives events, and Logger every attempt at level debug.
	Observer exporter.Observer
	Logger   *slog.Logger
	// Dial replaces the network; nil is the real one.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client sends requests. It may be used concurrently.
type Client struct {
	base      *url.URL
	proxy     *url.URL // nil when there is none
	key       exporter.Secret
	redact    redactor
	userAgent string
	transport *http.Transport
	limiter   *ratelimit.Limiter
	policy    Policy
	obs       exporter.Observer
	logger    *slog.Logger

	memory  *Memory
	bodies  bodies
	repeats repeats

	worked    atomic.Bool // a response was good
	simulated atomic.Bool // a good response said that it is simulated
}

// New checks the options. It connects to nothing yet.
func New(opts Options) (*Client, error) {
	if opts.Key.IsZero() {
		return nil, exporter.WithHint(errors.New("there is no API key"), "Set api_key, for instance to env(\"LEMLIST_API_KEY\").")
	}
	base, err := parseEndpoint(opts.Endpoint, opts.Key)
	if err != nil {
		return nil, err
	}
	proxy, err := proxyFor(base)
	if err != nil {
		return nil, err
	}
	if opts.Unlimited && !exporter.IsLoopback(base.Hostname()) {
		return nil, errors.New("the rate limit can be switched off for a simulation on this machine only")
	}
	if opts.Memory == nil {
		opts.Memory = NewMemory(0)
	}
	c := &Client{
		base: base, key: opts.Key, redact: newRedactor(opts.Key, proxy), userAgent: opts.UserAgent,
		transport: newTransport(base, proxy, opts.Policy), proxy: proxy, limiter: ratelimit.New(opts.Unlimited),
		policy: opts.Policy, obs: opts.Observer, logger: opts.Logger,
		memory: opts.Memory, bodies: newBodies(),
		repeats: repeats{left: opts.Policy.Repeats, most: opts.Policy.Repeats},
	}
	if opts.Dial != nil {
		c.transport.DialContext = opts.Dial
	}
	if opts.Ledger != nil && !opts.Unlimited {
		c.limiter.Share(opts.Ledger(ratelimit.LedgerName(base, opts.Key)), func(err error) {
			c.obs.Observe(exporter.RateNotShared{Reason: err.Error(), Advice: exporter.Hint(err)})
		})
	}
	return c, nil
}

// Close closes the connections that are kept open.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Endpoint is the base URL of the API.
func (c *Client) Endpoint() string { return c.base.String() }

// Simulated reports whether a good response said that it is simulated.
func (c *Client) Simulated() bool { return c.simulated.Load() }

// HoldsSecret reports whether a text holds a part of the key, in any form.
func (c *Client) HoldsSecret(text string) bool { return c.redact.Holds(text) }

// HideSecrets hides the key in names that a server made up.
func (c *Client) HideSecrets(names []string) []string { return c.redact.names(names) }

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
	asked := time.Now()
	if err := trip.begin(request.Context()); err != nil {
		return came, err
	}
	ctx, cancel := context.WithCancelCause(request.Context())
	defer cancel(nil)
	long := time.AfterFunc(c.policy.Attempt, func() { cancel(errTooLong) })
	defer long.Stop()
	came.sent = time.Now()
	came.waited = came.sent.Sub(asked)
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
		return came, fmt.Errorf("no response: %w", err)
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
	return came, fmt.Errorf("read the response: %w", err)
}

// pauseAfter reports a failure and waits. When the server names a time, everybody
// waits: a 429 is about the key, a 503 about the server. Any other response may name the
// time of the rate limit's window.
func (c *Client) pauseAfter(ctx context.Context, failed *Error, number int, next pause) error {
	if failed.problem == problemThrottled {
		c.limiter.Pause(ctx, time.Now().Add(next.wait))
		c.obs.Observe(exporter.Throttled{Wait: next.wait})
	} else {
		if failed.status == http.StatusServiceUnavailable && failed.wait > 0 {
			c.limiter.Pause(ctx, time.Now().Add(failed.wait))
		}
		c.obs.Observe(exporter.RequestRetried{Request: failed.Request, Attempt: number, Wait: next.wait, Left: next.left, Reason: failed.Reason()})
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
