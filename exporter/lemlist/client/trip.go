package client

import (
	"context"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// trip is one attempt as the rate limit sees it. net/http sends a GET again by itself
// when the server closes a kept connection instead of responding; the server may have
// counted the first one, so every sending takes a place of its own.
type trip struct {
	limiter  *ratelimit.Limiter
	requests int64 // that were sent
	release  func(ratelimit.Reply)
	tries    int

	mu        sync.Mutex // the hooks below run in goroutines of net/http
	connected time.Time
	first     time.Time // byte of the response
}

// begin takes a place in the rate limit for one sending.
func (t *trip) begin(ctx context.Context) (err error) {
	if t.release, err = t.limiter.Acquire(ctx); err == nil {
		t.requests++
	}
	return err
}

// end gives the place back.
func (t *trip) end(r ratelimit.Reply) {
	if t.release != nil {
		t.release(r)
	}
}

// roundTrip is the time from sending to the first byte, without connecting; 0
// when it is not known.
func (t *trip) roundTrip() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.connected.IsZero() || t.first.Before(t.connected) {
		return 0
	}
	return t.first.Sub(t.connected)
}

// hasConnected reports whether there was a connection to the API.
func (t *trip) hasConnected() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.connected.IsZero()
}

func (t *trip) trace(ctx context.Context) *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		// Runs in RoundTrip, once for every sending; see newTransport.
		GetConn: func(string) {
			if t.tries++; t.tries > 1 {
				t.end(ratelimit.Reply{})
				_ = t.begin(ctx) // an error is the context's, which RoundTrip sees itself
			}
		},
		GotConn: func(httptrace.GotConnInfo) {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.connected = time.Now()
		},
		GotFirstResponseByte: func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.first = time.Now()
		},
	}
}
