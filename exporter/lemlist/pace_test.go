package lemlist

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

var paceFlag = flag.Bool("pace", false, "make the whole table of the pace, up to 100,000 conversations")

// paceCase is a team, its distance, and how it counts.
type paceCase struct {
	conversations, users int
	latency, jitter      time.Duration
	window               sim.Window
}

func paceCases(all bool) []paceCase {
	var cases []paceCase
	windows := []sim.Window{sim.WindowFixed, sim.WindowSliding}
	for _, window := range windows {
		for _, conversations := range []int{2_000, 12_000, 100_000} {
			for _, users := range []int{1, 2, 5} {
				for _, latency := range []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, time.Second} {
					if all || conversations == 2_000 && latency == 300*time.Millisecond {
						cases = append(cases, paceCase{conversations: conversations, users: users, latency: latency, window: window})
					}
				}
			}
		}
		if all {
			cases = append(cases, paceCase{12_000, 2, 20 * time.Millisecond, 20 * time.Millisecond, window},
				paceCase{12_000, 2, 250 * time.Millisecond, 100 * time.Millisecond, window}, paceCase{12_000, 2, 900 * time.Millisecond, 200 * time.Millisecond, window})
		}
	}
	return cases
}

// A survey and the walk that follows it use the rate limit up from the first request to
// the last, and keep it. Time is virtual.
func TestSurveyAndWalkUseTheRateLimitUp(t *testing.T) {
	t.Logf("%-8s %13s %5s %13s %8s %8s %14s %14s %6s", "window", "conversations", "users", "latency", "requests", "seconds", "÷ (n-20)/10", "÷ the least", "in 2 s")
	for _, one := range paceCases(*paceFlag) {
		synctest.Test(t, func(t *testing.T) {
			server, source, _ := virtual(t, sim.Options{Users: one.users, Conversations: one.conversations, Latency: one.latency, Jitter: one.jitter, Window: one.window})
			if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
				t.Fatal(err)
			}
			walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
			for _, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			calls, stats := server.Calls(), server.Stats()
			took := calls[len(calls)-1].Arrived.Sub(calls[0].Arrived)
			least := leastBetween(len(calls))
			latency := one.latency.String()
			if one.jitter > 0 {
				latency = fmt.Sprint(one.latency, "-", one.latency+one.jitter)
			}
			t.Logf("%-8s %13d %5d %13s %8d %8.2f %14.3f %14.3f %6d", one.window, one.conversations, one.users, latency, len(calls), took.Seconds(),
				took.Seconds()*10/float64(len(calls)-ratelimit.Requests), took.Seconds()/least.Seconds(), stats.MaxInWindow)
			if proof := walk.Proof(); !proof.Complete || proof.Requests != int64(len(calls)-1) {
				t.Errorf("%d requests, proof %+v", len(calls), proof)
			}
			if stats.MaxInWindow > ratelimit.Requests || stats.Throttled > 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}

// leastBetween is the least time between the first of so many requests and the last:
// request 21 leaves a window after request 1, and so on.
func leastBetween(requests int) time.Duration {
	return time.Duration((requests-1)/ratelimit.Requests) * ratelimit.Window
}
