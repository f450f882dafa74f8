package conformance

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func held() []check {
	return []check{
		{"a host that cancels stops the walk within a second", func(t *testing.T, instance Instance) {
			w := newTeam(t, sim.Options{Users: 1, Conversations: 2000, LimitMax: 10, Latency: 20 * time.Millisecond})
			var atCancel time.Time
			r := readUntil(t, instance, w.request(t), func(r *reading) bool {
				atCancel = time.Now()
				return r.batches >= 2
			})
			if status.Code(r.err) != codes.Canceled || r.result != nil {
				t.Errorf("ended with %v, %v", r.err, r.result)
			}
			checkStops(t, w, atCancel, 200)
		}},
		{"a call whose deadline passes stops the walk within a second", func(t *testing.T, instance Instance) {
			w := newTeam(t, sim.Options{Users: 1, Conversations: 2000, LimitMax: 10, Latency: 20 * time.Millisecond})
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
			defer cancel()
			r := &reading{}
			stream, err := instance.Client.Read(ctx, w.request(t))
			if err != nil {
				t.Fatal(err)
			}
			r.take(t, stream, cancel, func(*reading) bool { return false })
			if status.Code(r.err) != codes.DeadlineExceeded || r.result != nil {
				t.Errorf("ended with %v, %v", r.err, r.result)
			}
			checkStops(t, w, time.Now(), 200)
		}},
		{"a host that takes nothing holds the walk", func(t *testing.T, instance Instance) {
			w := padded(t, 400, 400, 8<<10) // 40 pages of 80 KB
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if _, err := instance.Client.Read(ctx, w.request(t)); err != nil {
				t.Fatal(err)
			}
			// Of what the API allows, two seconds let 20 requests out.
			if made := w.settles(t, 2500*time.Millisecond); made > 30 {
				t.Errorf("%d requests of 43 for a host that has read nothing", made)
			}
			cancel()
			if made := w.settles(t, atOnce); made > 30 {
				t.Errorf("%d requests of 43 after the call was cancelled", made)
			}
		}},
		{"a crash never looks like an end", func(t *testing.T, instance Instance) {
			if instance.Kill == nil {
				t.Skip("this instance cannot be killed")
			}
			killed := false
			r := readUntil(t, instance, manyPages(t).request(t), func(r *reading) bool {
				if len(r.marks) == 1 && !killed { // messages that were on their way still come
					killed = true
					instance.Kill()
				}
				return false
			})
			if r.result != nil || status.Code(r.err) != codes.Unavailable {
				t.Errorf("ended with %v, %v", r.result, r.err)
			}
		}},
	}
}

// checkStops fails when requests come later than a second after a moment.
func checkStops(t *testing.T, w *team, since time.Time, all int) {
	t.Helper()
	made := w.settles(t, atOnce)
	calls := w.Calls()
	if late := calls[len(calls)-1].Arrived.Sub(since); late > atOnce || made >= all {
		t.Errorf("%d requests, the last %v later", made, late)
	}
}
