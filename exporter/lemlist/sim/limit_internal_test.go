package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the pace, what the limiter lets through keeps to the rule of its
// window, and it lets through as much as the rule allows.
func TestTheLimiterKeepsItsWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Calls: rapid.IntRange(1, 25).Draw(t, "calls"), Period: 2 * time.Second,
			Window:   rapid.SampledFrom([]Window{WindowFixed, WindowSliding}).Draw(t, "window"),
			Rejected: rapid.SampledFrom([]Rejected{RejectedFree, RejectedCount, RejectedProlong}).Draw(t, "rejected"),
		}
		o.OtherCalls = rapid.IntRange(0, o.Calls).Draw(t, "other")
		l := newLimiter(o)
		budget := o.Calls - o.OtherCalls
		now := time.Unix(1_700_000_000, 0)
		var counted []time.Time // calls that count, in the sliding window
		var start time.Time     // of the fixed one
		used := 0
		for range rapid.IntRange(1, 120).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "pause")) * time.Millisecond)
			before := l.look(now)
			q := l.take(now)
			if o.Window == WindowSliding {
				recent := 0
				for _, at := range counted {
					if now.Sub(at) < o.Period {
						recent++
					}
				}
				if q.ok != (recent < budget) {
					t.Fatalf("ok is %v after %d calls in the window; the budget is %d", q.ok, recent, budget)
				}
				if q.ok || o.Rejected != RejectedFree {
					counted = append(counted, now)
				}
			} else {
				if start.IsZero() || now.Sub(start) >= o.Period {
					start, used = now, 0
				}
				if q.ok != (used < budget) {
					t.Fatalf("ok is %v after %d calls in the window; the budget is %d", q.ok, used, budget)
				}
				if q.ok {
					used++
				} else if o.Rejected == RejectedProlong {
					start = now
				}
				if q.reset != start.Add(o.Period) {
					t.Fatalf("the window ends at %v; it began at %v", q.reset, start)
				}
			}
			if q.ok != (before.remaining > 0) {
				t.Fatalf("ok is %v with %d remaining", q.ok, before.remaining)
			}
			if q.wait < 0 || q.wait > o.Period {
				t.Fatalf("wait is %v", q.wait)
			}
			if again := l.look(now.Add(q.wait)); !q.ok && budget > 0 && again.remaining == 0 {
				t.Fatalf("nothing is free after the wait of %v", q.wait)
			}
		}
	})
}
