package conformance

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

const table = "inbox_conversations"

// team is a simulated team that can be reached over HTTP.
type team struct {
	*sim.Server
	url string
}

// newTeam makes a team with a key, and so a budget of requests, of its own.
func newTeam(t *testing.T, options sim.Options) *team {
	t.Helper()
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	options.Key, options.Unlimited = hex.EncodeToString(key[:]), true
	server, err := sim.New(options)
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
		for _, violation := range server.Violations() {
			t.Error("the API was misused: " + violation)
		}
	})
	return &team{server, running.URL()}
}

// small is a team whose walk takes a handful of requests.
func small(t *testing.T) *team {
	t.Helper()
	return newTeam(t, sim.Options{Users: 2, Conversations: 150})
}

// manyPages is a team whose walk takes 16 requests: as many as fit, with those
// of the survey, into what the API allows at once. The rows are so large that a
// walk cannot be ahead of its host by more than a few pages.
func manyPages(t *testing.T) *team {
	t.Helper()
	return padded(t, 150, 150, 8<<10)
}

// object is a JSON object.
type object = map[string]any

// config is a configuration that reads the team; the members of more are added
// to it. The team has one server without a cache: nothing has to settle for long.
func (w *team) config(t *testing.T, more object) []byte {
	t.Helper()
	whole := object{"source": object{"lemlist": object{"api_key": w.Key(), "endpoint": w.url, "margin": object{"settle": "50ms"}}}}
	maps.Copy(whole, more)
	return encode(t, whole)
}

func encode(t *testing.T, value object) []byte {
	t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// truth is the newest activity of every conversation.
func (w *team) truth() map[string]time.Time {
	all := make(map[string]time.Time)
	for _, one := range w.Conversations() {
		all[one.ID] = one.LastActivityAt.UTC()
	}
	return all
}

// requests is the number of requests so far.
func (w *team) requests() int { return w.Stats().Requests }

// settles waits until no request has come for a moment, and returns their number.
func (w *team) settles(t *testing.T, moment time.Duration) int {
	t.Helper()
	limit := time.After(time.Minute)
	for last := -1; ; {
		now := w.requests()
		if now == last {
			return now
		}
		last = now
		select {
		case <-time.After(moment):
		case <-limit:
			t.Fatalf("requests do not end: %d so far", now)
		}
	}
}
