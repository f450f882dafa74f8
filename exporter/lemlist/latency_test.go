package lemlist

import (
	"flag"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

var (
	pagesFlag = flag.Int("walk.pages", 16, "pages a list for the table of latencies")
	seedsFlag = flag.Int("walk.seeds", 3, "seeds of the walks over HTTP")
)

// Latency does not matter: a walk takes as long as the rate limit demands for
// its requests, whatever one of them takes. Time is virtual.
func TestWalkIsAsFastAsTheRateLimit(t *testing.T) {
	t.Logf("lists of %d pages", *pagesFlag)
	t.Logf("%-24s %8s %8s %8s %6s %5s", "", "requests", "wall", "floor", "ratio", "429s")
	for _, one := range []struct {
		name  string
		users int
		opts  sim.Options
	}{
		{"1 user, 50 ms", 1, sim.Options{Latency: 50 * time.Millisecond}},
		{"1 user, 300 ms", 1, sim.Options{Latency: 300 * time.Millisecond}},
		{"1 user, 200 to 400 ms", 1, sim.Options{Latency: 200 * time.Millisecond, Jitter: 200 * time.Millisecond}},
		{"1 user, 1 s", 1, sim.Options{Latency: time.Second}},
		{"3 users, 300 ms", 3, sim.Options{Latency: 300 * time.Millisecond}},
		{"1 user, 300 ms, moving", 1, sim.Options{Latency: 300 * time.Millisecond, Drift: sim.Drift{Jumps: 0.2, Inserts: 0.1, Deletes: 0.1}}},
		{"3 users, 300 ms, moving", 3, sim.Options{Latency: 300 * time.Millisecond, Drift: sim.Drift{Jumps: 0.2, Inserts: 0.1, Deletes: 0.1}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			one.opts.Users, one.opts.Conversations = one.users, 100**pagesFlag
			server, source, _ := virtual(t, one.opts)
			if _, err := source.usersToRead(t.Context()); err != nil {
				t.Fatal(err)
			}
			walk, began := source.Walk(t.Context(), schema.InboxConversations(), nil, nil), time.Now()
			for _, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			proof, wall := walk.Proof(), time.Since(began)
			floor := time.Duration(proof.Requests) * ratelimit.Window / ratelimit.Requests
			ratio := wall.Seconds() / floor.Seconds()
			t.Logf("%-24s %8d %8.1f %8.1f %6.3f %5d", one.name, proof.Requests, wall.Seconds(), floor.Seconds(), ratio, proof.Throttled)
			if latency := one.opts.Latency + one.opts.Jitter; *pagesFlag >= 200 && latency <= 300*time.Millisecond && ratio > 1.05 {
				t.Errorf("%s: %.3f of the least time", one.name, ratio)
			}
			if !proof.Complete || proof.Method != prover.MethodSweep || server.Stats().Throttled > 0 {
				t.Errorf("%s: proof %+v", one.name, proof)
			}
		})
	}
}
