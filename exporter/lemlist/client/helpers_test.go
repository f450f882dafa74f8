package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// No test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testKey = "51301a7ed00000000000000000c0ffee"

// emptyPage is the first page of an empty inbox.
const emptyPage = `{"data":[],"pagination":{"totalItems":0,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":100,"totalPages":1}}`

// witness collects everything that a client shows of itself.
type witness struct {
	mu     sync.Mutex
	events []exporter.Event
	log    bytes.Buffer
}

func (w *witness) Observe(event exporter.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, event)
}

func (w *witness) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(p)
}

// seen returns the events of one type.
func seen[E exporter.Event](w *witness) []E {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []E
	for _, event := range w.events {
		if one, ok := event.(E); ok {
			found = append(found, one)
		}
	}
	return found
}

// open opens a client that hardly waits, without a rate limit of its own.
func open(t *testing.T, endpoint string, change ...func(*Options)) (*Client, *witness) {
	t.Helper()
	w := &witness{}
	opts := Options{
		Endpoint: endpoint, Key: exporter.NewSecret(testKey), Observer: w, UserAgent: "lemexport/test", Unlimited: true,
		Memory: exporter.DefaultMemory, Policy: DefaultPolicy(0, 16),
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	opts.Policy.FirstWait, opts.Policy.LongestWait, opts.Policy.LeastThrottle = 2*time.Millisecond, 4*time.Millisecond, time.Millisecond
	for _, one := range change {
		one(&opts)
	}
	c, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, w
}

// listed is a page of an inbox.
type listed struct {
	Response
	Data []json.RawMessage `json:"data"`
}

// list asks for a page of an inbox.
func list(ctx context.Context, c *Client, user string, page int64) (listed, error) {
	query := url.Values{"userId": {user}, "page": {strconv.FormatInt(page, 10)}}
	got, response, err := Get(ctx, c, Request{Path: "inbox", Query: query}, func(p Payload) (listed, error) {
		var got listed
		switch {
		case len(p.Text) == 0:
			return got, errors.New("not a page: empty body")
		case json.Unmarshal(p.Text, &got) != nil || got.Data == nil:
			return got, errors.New("not a page: another form")
		}
		return got, nil
	})
	got.Response = response
	return got, err
}

// serve runs a server of the handler and returns the endpoint.
func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL + "/api"
}

// simulate runs a simulated API with the key of these tests. A violation of the
// API's rules fails the test.
func simulate(t *testing.T, opts sim.Options) (*sim.Server, string) {
	t.Helper()
	opts.Key = testKey
	server, err := sim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Close(); err != nil {
			t.Error(err)
		}
		if wrong := server.Violations(); wrong != nil {
			t.Errorf("violations: %q", wrong)
		}
	})
	return server, running.URL()
}

func limited(opts *Options) { opts.Unlimited = false }

func withPolicy(change func(*Policy)) func(*Options) {
	return func(opts *Options) { change(&opts.Policy) }
}
