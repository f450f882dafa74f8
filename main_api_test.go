package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// beforeTheWalk is how many responses a plan takes: the team, and three first pages.
const beforeTheWalk = 4

// always is a number of responses that no test uses up.
const always = 1 << 30

// stoppingAPI is a simulated API that answers so many requests. It holds all later
// ones until their client is gone, or refuses the key.
type stoppingAPI struct {
	url  string
	left atomic.Int64
	// refuses is set before the first request.
	refuses bool
	// held gets a value for each request that is held.
	held chan struct{}
	seen atomic.Int64
}

// newStoppingAPI serves a team of three users with so many conversations.
func newStoppingAPI(t *testing.T, conversations int, responses int64) *stoppingAPI {
	t.Helper()
	return newStoppingAPIOf(t, sim.Options{Conversations: conversations}, responses)
}

func newStoppingAPIOf(t *testing.T, options sim.Options, responses int64) *stoppingAPI {
	t.Helper()
	options.Key, options.Unlimited = testKey, true
	team, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	api := &stoppingAPI{held: make(chan struct{}, 64)}
	api.left.Store(responses)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case api.left.Add(-1) >= 0:
			api.seen.Add(1)
			team.ServeHTTP(w, r)
		case api.refuses:
			http.Error(w, "no", http.StatusUnauthorized)
		default:
			api.held <- struct{}{}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(server.Close)
	api.url = server.URL + "/api"
	return api
}
