package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// beforeTheWalk is how many answers a plan takes: the team, and three first pages.
const beforeTheWalk = 4

// stoppingAPI is a simulated API that answers so many requests and holds the
// rest, until it is told to answer all.
type stoppingAPI struct {
	url  string
	left atomic.Int64
	held chan struct{}
	seen atomic.Int64
}

func newStoppingAPI(t *testing.T, answers int64) *stoppingAPI {
	t.Helper()
	return newStoppingAPIOf(t, sim.Options{Conversations: 900}, answers)
}

func newStoppingAPIOf(t *testing.T, options sim.Options, answers int64) *stoppingAPI {
	t.Helper()
	options.Key, options.Unlimited = testKey, true
	team, err := sim.New(options)
	if err != nil {
		t.Fatal(err)
	}
	api := &stoppingAPI{held: make(chan struct{}, 64)}
	api.left.Store(answers)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.left.Add(-1) < 0 {
			api.held <- struct{}{}
			<-r.Context().Done()
			return
		}
		api.seen.Add(1)
		team.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	api.url = server.URL + "/api"
	return api
}
