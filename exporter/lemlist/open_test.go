package lemlist

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

const testKey = "51301a7ed00000000000000000c0ffee"

// emptyPage is the first page of an empty inbox.
const emptyPage = `{"data":[],"pagination":{"totalItems":0,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":100,"totalPages":1}}`

// witness collects everything that a source shows of itself.
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

// open opens a source that hardly waits, without a rate limit of its own.
func open(t *testing.T, endpoint string, change ...func(*Options)) (*Source, *witness) {
	t.Helper()
	w := &witness{}
	p := client.DefaultPolicy(0, prover.MostInFlight)
	p.FirstWait, p.LongestWait, p.LeastThrottle = 2*time.Millisecond, 4*time.Millisecond, time.Millisecond
	opts := Options{
		Endpoint: endpoint, Key: exporter.NewSecret(testKey), Observer: w, UserAgent: "lemexport/test", Unlimited: true,
		// Simulated rows have their newest activity 10 ms apart.
		Margin: exporter.Margin{Lookback: 100 * time.Millisecond, Settle: 20 * time.Millisecond},
		Logger: slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug})), policy: &p,
	}
	for _, one := range change {
		one(&opts)
	}
	source, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = source.Close() })
	return source, w
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

func chosen(users ...string) func(*Options) {
	return func(opts *Options) { opts.Users = slices.Clone(users) }
}

func withPolicy(change func(*client.Policy)) func(*Options) {
	return func(opts *Options) { change(opts.policy) }
}

func TestTheKeyIsNotTakenForAUser(t *testing.T) {
	_, err := Open(Options{Endpoint: exporter.DefaultEndpoint, Key: exporter.NewSecret(testKey), Users: []string{"usr_1", testKey}})
	if err == nil || !strings.Contains(err.Error(), "one of the users is the API key") || strings.Contains(err.Error()+exporter.Hint(err), testKey) {
		t.Errorf("error %q, hint %q", err, exporter.Hint(err))
	}
}
