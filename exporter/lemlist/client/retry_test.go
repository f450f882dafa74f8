package client

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// faulty is a simulated API whose first times answers to an inbox go wrong.
func faulty(t *testing.T, fault sim.Fault, times int) (*sim.Server, string) {
	t.Helper()
	return apitest.Simulate(t, sim.Options{Unlimited: true, SlowBy: 20 * time.Millisecond,
		Faults: []sim.FaultRule{{Fault: fault, Path: "/api/inbox", Times: times}}})
}

func TestEveryTransientFaultIsRepeatedUntilThePageIsThere(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.Fault{sim.Fault500, sim.Fault502, sim.Fault503, sim.Fault520, sim.Fault524, sim.FaultEcho, sim.FaultEmpty,
		sim.FaultHTML, sim.FaultObject, sim.FaultReset, sim.FaultCut, sim.FaultTruncated, sim.FaultStall} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel() // some say when to ask again
			server, endpoint := faulty(t, fault, 2)
			c, w := open(t, endpoint, withPolicy(func(p *Policy) { p.Stall = 300 * time.Millisecond }))
			got, err := list(t.Context(), c, server.UserIDs()[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Data) == 0 || got.Cost != (Cost{Requests: 3, Retries: 2}) {
				t.Errorf("%d rows, cost %+v", len(got.Data), got.Cost)
			}
			events := apitest.Seen[exporter.RequestRetried](w)
			if len(events) != 2 || events[1].Attempt != 2 || events[0].Reason == "" || !strings.HasPrefix(events[0].Request, "GET /inbox?page=1&userId=usr_") {
				t.Errorf("events %+v", events)
			}
		})
	}
}

func TestOddButGoodAnswersAreTaken(t *testing.T) {
	for _, fault := range []sim.Fault{sim.FaultSlow, sim.FaultContentType} {
		t.Run(string(fault), func(t *testing.T) {
			server, endpoint := faulty(t, fault, 0)
			c, _ := open(t, endpoint)
			got, err := list(t.Context(), c, server.UserIDs()[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			if got.Cost != (Cost{Requests: 1}) {
				t.Errorf("cost %+v", got.Cost)
			}
		})
	}
}

func TestRetriesEnd(t *testing.T) {
	server := &Error{problem: problemServer, Request: "GET /inbox", status: 500, took: time.Second}
	page := &Error{problem: problemWebPage, Request: "GET /inbox", status: 200}
	garbled := &Error{problem: problemGarbled, Request: "GET /inbox", status: 200}
	throttled := &Error{problem: problemThrottled, Request: "GET /inbox", status: 429, wait: 30 * time.Second}
	brief := &Error{problem: problemThrottled, Request: "GET /inbox", status: 429, wait: time.Second}
	slow := &Error{problem: problemBroken, Request: "GET /inbox", took: 150 * time.Second}
	busy := &Error{problem: problemServer, Request: "GET /inbox", status: 503, wait: 100 * time.Second}
	closed := &Error{problem: problemServer, Request: "GET /inbox", status: 503, wait: time.Hour}
	const patience = 5 * time.Minute
	for name, test := range map[string]struct {
		failures []*Error // again and again
		worked   bool
		waits    int // at least
		within   time.Duration
		message  string
	}{
		"after 5 minutes of failures":              {[]*Error{server}, true, 15, patience + time.Second, "attempts in 5m"},
		"also where nothing worked":                {[]*Error{server}, false, 15, patience + time.Second, "attempts in 5m"},
		"after 5 minutes, 429 between them":        {[]*Error{server, throttled}, true, 10, patience + time.Second, " attempts in "},
		"after 5 minutes of 429":                   {[]*Error{throttled}, true, 9, patience, "gave up after 11 attempts in 5m0s: 429 Too Many Requests"},
		"after 5 minutes of short 429":             {[]*Error{brief}, false, 10, patience, "attempts in "},
		"after 5 minutes of 503 with a time":       {[]*Error{busy}, true, 3, patience, "gave up after 4 attempts in 5m0s: 503 Service Unavailable"},
		"at once when the time is too long":        {[]*Error{closed}, true, 0, 0, "gave up after 1 attempt in 0s, as the API asks to wait 1h0m0s: 503"},
		"after 3 web pages where nothing worked":   {[]*Error{page}, false, 2, time.Minute, "gave up after 3 attempts in "},
		"not so where something worked":            {[]*Error{page}, true, 15, patience, "attempts in 5m0s"},
		"after 6 odd answers where nothing worked": {[]*Error{garbled}, false, 5, time.Minute, "gave up after 6 attempts in "},
		"429s are no odd answers":                  {[]*Error{brief, brief, brief, page}, false, 11, time.Minute, "gave up after 12 attempts in "},
		"when the attempts take 5 minutes":         {[]*Error{slow}, true, 1, 2*150*time.Second + 20*time.Second, "gave up after 2 attempts in 5m"},
	} {
		t.Run(name, func(t *testing.T) {
			h, began := newRetry(DefaultPolicy(0, 16)), time.Now()
			now := began
			for waits := 0; ; waits++ {
				failed := test.failures[waits%len(test.failures)]
				now = now.Add(failed.took)
				next, err := h.after(failed, test.worked, now)
				if err != nil {
					if took := now.Sub(began); waits < test.waits || took > test.within || !strings.Contains(err.Error(), test.message) {
						t.Errorf("after %d waits, %s: %s", waits, took, err)
					}
					return
				}
				if next.wait < 0 || next.wait > 2*time.Minute || waits > 1000 || now.Add(next.wait).Sub(began) > patience {
					t.Fatalf("wait %d is %s", waits, next.wait)
				}
				if left := began.Add(patience).Sub(now.Add(next.wait)); next.left != left && (test.worked || next.left != 0) {
					t.Fatalf("wait %d: %s left, want %s", waits, next.left, left)
				}
				now = now.Add(next.wait)
			}
		})
	}
}

func TestWaitsGrowWithFullJitterAndStayBounded(t *testing.T) {
	p := DefaultPolicy(0, 16)
	for range 200 {
		h, now := newRetry(p), time.Now()
		most := p.FirstWait
		for range 5 {
			next, err := h.after(&Error{problem: problemServer}, true, now)
			if err != nil || next.wait < 0 || next.wait > most+1 {
				t.Fatalf("wait %s of at most %s, error %v", next.wait, most, err)
			}
			most = min(2*most, p.LongestWait)
		}
	}
}

func TestThrottlesWithoutATimeAreAnsweredMoreAndMorePatiently(t *testing.T) {
	h, now := newRetry(DefaultPolicy(0, 16)), time.Now()
	began := now
	for range 9 {
		next, err := h.after(&Error{problem: problemThrottled, wait: ratelimit.ShortestThrottle}, true, now)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(next.wait)
	}
	if now.Sub(began) < 30*time.Second {
		t.Errorf("the tenth attempt comes after %s", now.Sub(began))
	}
}

func TestAnEndpointThatHasWorkedIsGivenMoreTime(t *testing.T) {
	server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Faults: []sim.FaultRule{{Fault: sim.FaultHTML, Page: 2, Times: 4}}})
	c, _ := open(t, endpoint)
	for page := range int64(2) {
		if _, err := list(t.Context(), c, server.UserIDs()[0], page+1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARunRepeatsOnlySoManyRequests(t *testing.T) {
	var asked atomic.Int64
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%2 == 0 {
			_, _ = w.Write([]byte(apitest.EmptyPage))
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	c, _ := open(t, endpoint, withPolicy(func(p *Policy) { p.Repeats = 3 }))
	for page := range 10 { // good answers follow the failures
		if _, err := list(t.Context(), c, "usr_1", int64(page)); err != nil {
			t.Fatal(err)
		}
	}
	c, _ = open(t, endpoint, withPolicy(func(p *Policy) { p.Repeats = 3 }))
	failing := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	c.base, _ = parseEndpoint(failing, exporter.NewSecret(apitest.Key))
	got, err := list(t.Context(), c, "usr_1", 1)
	if err == nil || !strings.Contains(err.Error(), "gave up after too many repeated requests in this run: 500") || got.Cost.Requests != 4 {
		t.Errorf("error %v, cost %+v", err, got.Cost)
	}
}

func TestARequestEndsWithItsContextWhateverItWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		fault  sim.Fault
		policy func(*Policy)
	}{
		"a stalled body":     {sim.FaultStall, func(*Policy) {}},
		"the first byte":     {sim.FaultSlow, func(*Policy) {}},
		"the next attempt":   {sim.Fault500, func(p *Policy) { p.FirstWait, p.LongestWait = time.Hour, time.Hour; p.Patience = 1 << 62 }},
		"the end of a pause": {sim.Fault429, func(p *Policy) { p.LeastThrottle = time.Hour }},
	} {
		t.Run(name, func(t *testing.T) {
			server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, SlowBy: time.Hour, Faults: []sim.FaultRule{{Fault: test.fault}}})
			c, _ := open(t, endpoint, withPolicy(test.policy), limited)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := list(ctx, c, server.UserIDs()[0], 1)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "GET /inbox?") {
				t.Errorf("error %v", err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
