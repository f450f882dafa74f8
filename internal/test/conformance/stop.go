package conformance

import (
	"context"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

func stopped() []check {
	return []check{
		{"Stop ends what runs, which says so, and refuses what comes later", func(t *testing.T, instance Instance) {
			const readings = 3
			begun, ended := make(chan struct{}, readings), make(chan *reading, readings)
			for range readings {
				w := newTeam(t, sim.Options{Users: 1, Conversations: 2000, LimitMax: 10, Latency: 20 * time.Millisecond})
				request := w.request(t)
				go func() {
					told := false
					ended <- readUntil(t, instance, request, func(r *reading) bool {
						if r.batches > 0 && !told {
							told = true
							begun <- struct{}{}
						}
						return false
					})
				}()
			}
			for range readings {
				<-begun
			}
			response, err := instance.Client.Stop(t.Context(), &pluginv1.StopRequest{})
			if err != nil || response.GetEnded() != readings {
				t.Errorf("stopped %d of %d: %v", response.GetEnded(), readings, err)
			}
			for range readings {
				if r := <-ended; r.result.GetOutcome() != pluginv1.Outcome_OUTCOME_STOPPED {
					t.Errorf("ended with %v, %v", r.result, r.err)
				}
			}
			late := readUntil(t, instance, small(t).request(t), func(*reading) bool { return false })
			refusal := late.result.GetOutcome() == pluginv1.Outcome_OUTCOME_STOPPED && late.rows == 0
			if !refusal && status.Code(late.err) != codes.Unavailable { // it may have gone
				t.Errorf("a Read after Stop ended with %v, %v", late.result, late.err)
			}
		}},
		{"Stop does not wait for a host that takes nothing", func(t *testing.T, instance Instance) {
			w := padded(t, 400, 400, 8<<10)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if _, err := instance.Client.Read(ctx, w.request(t)); err != nil {
				t.Fatal(err)
			}
			w.settles(t, 2500*time.Millisecond)
			patience, end := context.WithTimeout(t.Context(), 15*time.Second)
			defer end()
			if _, err := instance.Client.Stop(patience, &pluginv1.StopRequest{}); err != nil && status.Code(err) != codes.Unavailable {
				t.Errorf("Stop ended with %v", err)
			}
		}},
	}
}
