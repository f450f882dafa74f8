package lemlist

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

// With 20 requests in flight: never a 429, and the whole budget used.
func TestTheRateLimitIsKeptAndUsedUp(t *testing.T) {
	for name, test := range map[string]struct {
		opts      sim.Options
		perWindow int
		throttled int // what others do cannot be known exactly
	}{
		"fixed window":                    {sim.Options{Window: sim.WindowFixed}, 20, 0},
		"sliding window":                  {sim.Options{Window: sim.WindowSliding}, 20, 0},
		"when rejected calls count":       {sim.Options{Window: sim.WindowSliding, Rejected: sim.RejectedProlong}, 20, 0},
		"beside another program":          {sim.Options{OtherCalls: 5}, 15, 4},
		"beside another program, sliding": {sim.Options{OtherCalls: 12, Window: sim.WindowSliding}, 8, 4},
		"when the limit is lower":         {sim.Options{Calls: 15}, 15, 0},
		"without jitter":                  {sim.Options{Latency: 300 * time.Millisecond}, 20, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const users = 239
				test.opts.Users = users
				if test.opts.Latency == 0 {
					test.opts.Latency, test.opts.Jitter = 100*time.Millisecond, 300*time.Millisecond
				}
				server, source, w := virtual(t, test.opts)
				began := time.Now()
				survey, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
				if err != nil {
					t.Fatal(err)
				}
				stats := server.Stats()
				if stats.Throttled > test.throttled || int(survey.Requests) != users+1+stats.Throttled || stats.Requests != int(survey.Requests) {
					t.Errorf("stats %+v, %d requests", stats, survey.Requests)
				}
				if events := apitest.Seen[exporter.Throttled](w); len(events) != stats.Throttled {
					t.Errorf("events %v", events)
				}
				windows := float64(time.Since(began)) / float64(ratelimit.Window)
				if used := (users + 1) / windows; used < 0.8*float64(test.perWindow) {
					t.Errorf("used %.1f of %d calls a window", used, test.perWindow)
				}
			})
		})
	}
}

func TestAThrottledRequestWaitsAsToldAndIsNoFailedAttempt(t *testing.T) {
	for form, longest := range map[sim.RetryAfter]time.Duration{
		sim.RetryAfterInteger:    2 * time.Second,
		sim.RetryAfterFractional: 2 * time.Second,
		sim.RetryAfterZero:       200 * time.Millisecond,
		sim.RetryAfterJSDate:     3 * time.Second, // dates are cut to seconds
		sim.RetryAfterHTTPDate:   4 * time.Second,
		sim.RetryAfterAbsent:     3 * time.Second,
	} {
		t.Run(string(form), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, source, w := virtual(t, sim.Options{RetryAfter: form, Body429: sim.Body429Empty, Latency: 150 * time.Millisecond,
					Faults: []sim.FaultRule{{Fault: sim.Fault429, Path: "/api/inbox", Times: 8}}})
				got, err := source.fetch(t.Context(), pageRequest{user: server.UserIDs()[0], page: 1})
				if err != nil {
					t.Fatal(err)
				}
				got.page.Record.Release()
				if got.Cost != (client.Cost{Requests: 9, Retries: 8, Throttled: 8}) {
					t.Errorf("cost %+v", got.Cost)
				}
				events, calls := apitest.Seen[exporter.Throttled](w), server.Calls()
				if len(events) != 8 || apitest.Seen[exporter.RequestRetried](w) != nil {
					t.Fatalf("events %+v", w.Events)
				}
				for i, event := range events {
					if form == sim.RetryAfterZero {
						longest = max(longest, ratelimit.ShortestThrottle<<i)
					}
					if event.Wait < ratelimit.ShortestThrottle || event.Wait > max(longest, ratelimit.ShortestThrottle<<i) {
						t.Errorf("429 number %d: wait %s", i+1, event.Wait)
					}
					if waited := calls[i+1].Arrived.Sub(calls[i].Arrived); waited < event.Wait {
						t.Errorf("429 number %d: came back after %s of %s", i+1, waited, event.Wait)
					}
				}
			})
		})
	}
}

// A 429 is about the key: whoever else has a request to send waits too.
func TestA429PausesEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = 100 * time.Millisecond
		server, source, w := virtual(t, sim.Options{Users: 60, Latency: latency, Unlimited: true, Period: 20 * time.Second,
			RetryAfter: sim.RetryAfterInteger, Faults: []sim.FaultRule{{Fault: sim.Fault429, Request: 4}}})
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
			t.Fatal(err)
		}
		events, calls := apitest.Seen[exporter.Throttled](w), server.Calls()
		if len(events) != 1 || events[0].Wait != 20*time.Second || calls[3].Status != 429 {
			t.Fatalf("events %+v", events)
		}
		from := calls[3].Arrived.Add(latency)
		for _, call := range calls {
			if call.Arrived.After(from) && call.Arrived.Before(from.Add(events[0].Wait)) {
				t.Errorf("request %d came %s after the 429", call.Number, call.Arrived.Sub(from))
			}
		}
	})
}

// The API may fail for a while; a run outlives it.
func TestAnOutageOfTenSecondsIsOutlived(t *testing.T) {
	outlived := 0
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			server, source, _ := virtual(t, sim.Options{Seed: seed, Faults: []sim.FaultRule{{Fault: sim.Fault503, Path: "/api/inbox", Times: 4}}})
			got, err := source.fetch(t.Context(), pageRequest{user: server.UserIDs()[0], page: 1})
			if err != nil {
				t.Fatal(err)
			}
			got.page.Record.Release()
			if time.Since(began) > 2*time.Second {
				outlived++
			}
		})
	}
	if outlived < 15 { // the waits are drawn: 7.5 s on average
		t.Errorf("%d of 20 runs waited 2 s or more over 4 failures", outlived)
	}
}
