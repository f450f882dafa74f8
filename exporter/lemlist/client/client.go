package client

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// headerSimulated stands on every response of a simulated API. The simulator has
// the same constant; they share the value, not the code.
const headerSimulated = "Lemexport-Simulated"

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
	// Memory is the budget of the run in bytes, of which one response may take an eighth.
	Memory int64
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

	memory  *memory
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
	c := &Client{
		base: base, key: opts.Key, redact: newRedactor(opts.Key, proxy), userAgent: opts.UserAgent,
		transport: newTransport(base, proxy, opts.Policy), proxy: proxy, limiter: ratelimit.New(opts.Unlimited),
		policy: opts.Policy, obs: opts.Observer, logger: opts.Logger,
		memory: newMemory(max(opts.Memory, exporter.LeastMemory)), bodies: newBodies(),
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

// Request is one GET request, however often it has to be sent.
type Request struct {
	// Path is below the endpoint, without a slash at the start.
	Path  string
	Query url.Values
	// Plain says that the response is not a table: its JSON values take less memory.
	Plain bool
	// KeepBody asks for a copy of the body of the response.
	KeepBody bool
}

// Payload is the body of a good response, to be decoded. Text is valid until the
// decoding ends.
type Payload struct {
	Text    []byte
	Arrived time.Time
	// Large says that the response has the place of a large one.
	Large bool
}

// Response is what is known of a good response besides its content.
type Response struct {
	// Sent and Arrived are when the request that succeeded left, and when the body of its
	// response was complete, by the local clock.
	Sent, Arrived time.Time
	// Cost is that of all attempts. It is set with an error, too.
	Cost Cost
	// Place is the place in memory of a large response. The caller releases it when what was
	// decoded is no longer needed; the end of the context does, too.
	Place *Place
	// Body is a copy of the body; empty unless the request asked for it.
	Body Body
}

// Cost counts HTTP requests.
type Cost struct {
	Requests  int64 // all that were sent, the failed ones included
	Retries   int64 // those that repeated a failed one
	Throttled int64 // those that were answered with 429
}

// Add adds another cost.
func (c *Cost) Add(more Cost) {
	c.Requests += more.Requests
	c.Retries += more.Retries
	c.Throttled += more.Throttled
}
