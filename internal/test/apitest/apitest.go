// Package apitest runs servers for tests of the client and the source, and collects what
// these show of themselves.
package apitest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// Key is the API key of the tests.
const Key = "51301a7ed00000000000000000c0ffee"

// EmptyPage is the first page of an empty inbox.
const EmptyPage = `{"data":[],"pagination":{"totalItems":0,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":100,"totalPages":1}}`

// Witness collects events and log records. Read its fields when nothing writes any more.
type Witness struct {
	mu     sync.Mutex
	Events []exporter.Event
	Log    bytes.Buffer
}

// Observe implements [exporter.Observer].
func (w *Witness) Observe(event exporter.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Events = append(w.Events, event)
}

// Write implements [io.Writer], for a log.
func (w *Witness) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Log.Write(p)
}

// Text is everything that was shown so far.
func (w *Witness) Text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var text strings.Builder
	text.Write(w.Log.Bytes())
	for _, event := range w.Events {
		fmt.Fprintf(&text, "%+v\n", event)
	}
	return text.String()
}

// Seen returns the events of one type.
func Seen[E exporter.Event](w *Witness) []E {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []E
	for _, event := range w.Events {
		if one, ok := event.(E); ok {
			found = append(found, one)
		}
	}
	return found
}

// Serve runs a server of the handler until the test ends, and returns the endpoint.
func Serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL + "/api"
}

// Simulate runs a simulated API with Key until the test ends, and returns the endpoint. A
// violation of the API's rules fails the test.
func Simulate(t *testing.T, opts sim.Options) (*sim.Server, string) {
	t.Helper()
	opts.Key = Key
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
