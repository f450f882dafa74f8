package lemlist

import (
	"flag"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/pace"
	"github.com/lemexport/lemexport/schema"
)

var paceFlag = flag.Bool("pace", false, "make the whole table of the pace, up to 100,000 conversations")

// paceCase is a team, its distance, and how it counts.
type paceCase struct {
	conversations, users int
	latency, jitter      time.Duration
	window               sim.Window
}

// most is how many times the least time it may take. On a short list a second away few
// segments are worth their cost, and round trips are known late.
func (c paceCase) most() float64 {
	switch near := c.latency <= 300*time.Millisecond; {
	case c.conversations < 12_000 && near:
		return 1.15
	case c.conversations < 12_000:
		return 1.7
	case near:
		return 1.05
	}
	return 1.1
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
			ratio := took.Seconds() / pace.LeastTime(len(calls), one.users, one.latency).Seconds()
			latency := one.latency.String()
			if one.jitter > 0 {
				latency = fmt.Sprint(one.latency, "-", one.latency+one.jitter)
			}
			t.Logf("%-8s %13d %5d %13s %8d %8.2f %14.3f %14.3f %6d", one.window, one.conversations, one.users, latency, len(calls), took.Seconds(),
				took.Seconds()*10/float64(len(calls)-ratelimit.Requests), ratio, stats.MaxInWindow)
			if proof := walk.Proof(); !proof.Complete || proof.Requests != int64(len(calls)-1) {
				t.Errorf("%d requests, proof %+v", len(calls), proof)
			}
			if ratio > one.most() {
				t.Errorf("%+v: %.3f of the least time", one, ratio)
			}
			if stats.MaxInWindow > ratelimit.Requests || stats.Throttled > 0 {
				t.Errorf("stats %+v", stats)
			}
		})
	}
}
