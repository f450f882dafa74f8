package lemlist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

func TestWithoutTheLedgerTheRunGoesOnAndSaysSoOnce(t *testing.T) {
	for name, breaks := range map[string]bool{"from the start": false, "on the way": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := filepath.Join(t.TempDir(), "ledgers")
				breakFolder := func() { // a file stands in its place
					if err := errors.Join(os.RemoveAll(folder), os.WriteFile(folder, nil, 0o600)); err != nil {
						t.Fatal(err)
					}
				}
				server, source, w := virtual(t, sim.Options{Users: 60}, func(o *Options) {
					o.Ledger = func(name string) ratelimit.Ledger { return store.NewLedger(folder, name) }
				})
				survey := func() {
					if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
						t.Fatal(err)
					}
				}
				if breaks {
					survey()
				}
				breakFolder()
				began := time.Now()
				survey()
				if took := time.Since(began); took > ratelimit.Rate().LeastTime(61)+5*time.Second {
					t.Errorf("took %s without the ledger", took)
				}
				if events := apitest.Seen[exporter.RateNotShared](w); len(events) != 1 || events[0].Reason == "" {
					t.Errorf("events %+v", events)
				}
				if server.Stats().Throttled > 0 {
					t.Errorf("stats %+v", server.Stats())
				}
			})
		})
	}
}

func TestWithoutARateLimitNothingIsShared(t *testing.T) {
	_, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true})
	source, _ := open(t, endpoint, func(o *Options) {
		o.Ledger = func(name string) ratelimit.Ledger { t.Errorf("%s was opened", name); return nil }
	})
	if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
		t.Fatal(err)
	}
}

// memoryLedger is a ledger that two sources share; a file lock would hold up the virtual
// time.
type memoryLedger struct {
	mu   sync.Mutex
	text []byte
}

func (l *memoryLedger) Lock(context.Context) ([]byte, error) {
	l.mu.Lock()
	return l.text, nil
}

func (l *memoryLedger) Unlock(text []byte) error {
	defer l.mu.Unlock()
	l.text = text
	return nil
}

// Two runs of one key against one server: never a 429, and the whole budget used.
func TestTwoSourcesOfOneKeySideBySide(t *testing.T) {
	for _, opts := range []sim.Options{
		{Window: sim.WindowFixed, Latency: 100 * time.Millisecond, Jitter: 300 * time.Millisecond},
		{Window: sim.WindowSliding, Latency: 100 * time.Millisecond, Jitter: 300 * time.Millisecond},
		{Window: sim.WindowSliding, Latency: 300 * time.Millisecond, Rejected: sim.RejectedProlong},
		{Window: sim.WindowSliding, Latency: 150 * time.Millisecond, Calls: 14},
	} {
		t.Run(fmt.Sprintf("%s %s %d", opts.Window, opts.Latency, opts.Calls), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const users = 199
				opts.Users = users
				ledger := &memoryLedger{}
				shared := func(o *Options) { o.Ledger = func(string) ratelimit.Ledger { return ledger } }
				server, first, _ := virtual(t, opts, shared)
				second, _ := piped(t, server, limited, shared)
				began := time.Now()
				done := make(chan error, 2)
				for _, source := range []*Source{first, second} {
					go func() {
						_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
						done <- err
					}()
				}
				for range 2 {
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				stats, took := server.Stats(), time.Since(began)
				if stats.Throttled > 0 || stats.Requests != 2*(users+1) {
					t.Errorf("stats %+v", stats)
				}
				limit := ratelimit.Requests
				if opts.Calls > 0 {
					limit = opts.Calls
				}
				var arrivals []time.Time
				for _, call := range server.Calls() {
					arrivals = append(arrivals, call.Arrived)
				}
				if least, tooMany := crowded(arrivals, limit); tooMany {
					t.Errorf("%d calls within %s", limit+1, least)
				}
				windows := float64(took) / float64(ratelimit.Window)
				if used := float64(stats.Requests) / windows; used < 0.9*float64(limit) {
					t.Errorf("used %.1f of %d calls a window", used, limit)
				}
			})
		})
	}
}
