package lemlist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// faulty is a simulated API whose first times answers to an inbox go wrong.
func faulty(t *testing.T, fault sim.Fault, times int) (*sim.Server, string) {
	t.Helper()
	return simulate(t, sim.Options{Unlimited: true, SlowBy: 20 * time.Millisecond,
		Faults: []sim.FaultRule{{Fault: fault, Path: "/api/inbox", Times: times}}})
}

func TestEveryTransientFaultIsRepeatedUntilThePageIsThere(t *testing.T) {
	for _, fault := range []sim.Fault{sim.Fault500, sim.Fault502, sim.Fault503, sim.Fault520, sim.Fault524, sim.FaultEcho, sim.FaultEmpty,
		sim.FaultHTML, sim.FaultObject, sim.FaultReset, sim.FaultCut, sim.FaultTruncated, sim.FaultStall} {
		t.Run(string(fault), func(t *testing.T) {
			server, endpoint := faulty(t, fault, 2)
			source, w := open(t, endpoint, paced(func(p *pace) { p.stall = 300 * time.Millisecond }))
			got, err := source.list(t.Context(), server.UserIDs()[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			defer got.page.Record.Release()
			if got.page.Record.NumRows() == 0 || got.cost != (cost{requests: 3, retries: 2}) {
				t.Errorf("%d rows, cost %+v", got.page.Record.NumRows(), got.cost)
			}
			events := seen[exporter.RequestRetried](w)
			if len(events) != 2 || events[1].Attempt != 2 || events[0].Reason == "" || !strings.HasPrefix(events[0].Request, "GET /inbox?limit=100&page=1&userId=usr_") {
				t.Errorf("events %+v", events)
			}
		})
	}
}

func TestOddButGoodAnswersAreTaken(t *testing.T) {
	for _, fault := range []sim.Fault{sim.FaultSlow, sim.FaultContentType} {
		t.Run(string(fault), func(t *testing.T) {
			server, endpoint := faulty(t, fault, 0)
			source, _ := open(t, endpoint)
			got, err := source.list(t.Context(), server.UserIDs()[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			got.page.Record.Release()
			if got.cost != (cost{requests: 1}) {
				t.Errorf("cost %+v", got.cost)
			}
		})
	}
}

func TestHopeEnds(t *testing.T) {
	server := &failure{problem: problemServer, request: "GET /inbox", status: 500, took: time.Second}
	page := &failure{problem: problemWebPage, request: "GET /inbox", status: 200}
	throttled := &failure{problem: problemThrottled, request: "GET /inbox", status: 429, wait: 30 * time.Second}
	brief := &failure{problem: problemThrottled, request: "GET /inbox", status: 429, wait: time.Second}
	slow := &failure{problem: problemBroken, request: "GET /inbox", took: 150 * time.Second}
	for name, test := range map[string]struct {
		failures []*failure // again and again
		worked   bool
		waits    int
		message  string
	}{
		"after 6 failures":                          {[]*failure{server}, true, 5, "gave up after 6 attempts in "},
		"after 6 failures, 429 between them":        {[]*failure{server, throttled}, true, 10, "gave up after 6 attempts in "},
		"429s count only in a row":                  {[]*failure{brief, brief, brief, brief, brief, brief, server}, true, 41, "gave up after 6 attempts in "},
		"after 3 web pages where nothing worked":    {[]*failure{page}, false, 2, "gave up after 3 attempts in "},
		"after 6 web pages where something worked":  {[]*failure{page}, true, 5, "gave up after 6 attempts in "},
		"when failures take 5 minutes":              {[]*failure{slow}, true, 1, "gave up after 2 attempts in 5m0"},
		"when 429s take 5 minutes, or come 10-fold": {[]*failure{throttled}, true, 9, "gave up after 10 answers in a row that the rate limit is spent: 429 Too Many Requests"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHope(defaultPace())
			for waits := 0; ; waits++ {
				wait, err := h.after(test.failures[waits%len(test.failures)], test.worked)
				if err != nil {
					if waits != test.waits || !strings.Contains(err.Error(), test.message) {
						t.Errorf("after %d waits: %s", waits, err)
					}
					return
				}
				if wait < 0 || wait > time.Minute || waits > 100 {
					t.Fatalf("wait %d is %s", waits, wait)
				}
			}
		})
	}
}

func TestWaitsGrowWithFullJitterAndStayBounded(t *testing.T) {
	p := defaultPace()
	for range 200 {
		h := newHope(p)
		most := p.firstWait
		for range p.attempts - 1 {
			wait, err := h.after(&failure{problem: problemServer}, true)
			if err != nil || wait < 0 || wait > most+1 {
				t.Fatalf("wait %s of at most %s, error %v", wait, most, err)
			}
			most = min(2*most, p.longestWait)
		}
	}
}

func TestThrottlesWithoutATimeAreAnsweredMoreAndMorePatiently(t *testing.T) {
	h := newHope(defaultPace())
	var total time.Duration
	for range 9 {
		wait, err := h.after(&failure{problem: problemThrottled, wait: shortestThrottle}, true)
		if err != nil {
			t.Fatal(err)
		}
		total += wait
	}
	if total < 30*time.Second {
		t.Errorf("gives up after %s", total)
	}
}

func TestAnEndpointThatHasWorkedIsGivenMoreTime(t *testing.T) {
	server, endpoint := simulate(t, sim.Options{Unlimited: true, Faults: []sim.FaultRule{{Fault: sim.FaultHTML, Page: 2, Times: 4}}})
	source, _ := open(t, endpoint)
	for page := range int64(2) {
		got, err := source.list(t.Context(), server.UserIDs()[0], page+1)
		if err != nil {
			t.Fatal(err)
		}
		got.page.Record.Release()
	}
}

func TestARunRepeatsOnlySoManyRequests(t *testing.T) {
	var asked atomic.Int64
	endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1)%2 == 0 {
			_, _ = w.Write([]byte(emptyPage))
			return
		}
		w.WriteHeader(http.StatusInternalServerError)
	})
	source, _ := open(t, endpoint, paced(func(p *pace) { p.repeats = 3 }))
	for page := range 10 { // every failure is followed by a good answer
		got, err := source.list(t.Context(), "usr_1", int64(page))
		if err != nil {
			t.Fatal(err)
		}
		got.page.Record.Release()
	}
	source, _ = open(t, endpoint, paced(func(p *pace) { p.repeats = 3 }))
	failing := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	source.client.base, _ = parseEndpoint(failing, exporter.NewSecret(testKey))
	got, err := source.list(t.Context(), "usr_1", 1)
	if err == nil || !strings.Contains(err.Error(), "gave up after too many repeated requests in this run: 500") || got.cost.requests != 4 {
		t.Errorf("error %v, cost %+v", err, got.cost)
	}
}

func TestPageSizesAreTriedFromLargeToNone(t *testing.T) {
	for _, test := range []struct {
		max     int
		limits  string
		perPage int64
	}{{100, "[100 100]", 100}, {60, "[100 50 50]", 50}, {20, "[100 50 0 0]", 10}} {
		t.Run(fmt.Sprint(test.max), func(t *testing.T) {
			server, endpoint := simulate(t, sim.Options{Unlimited: true, LimitMax: test.max, OverLimit: sim.OverLimitRefuse, PastEnd: sim.PastEndRefuse})
			source, w := open(t, endpoint)
			got, err := source.list(t.Context(), server.UserIDs()[0], 1)
			if err != nil {
				t.Fatal(err)
			}
			got.page.Record.Release()
			if per := *got.page.Pagination.PerPage; per != test.perPage {
				t.Errorf("perPage %d", per)
			}
			// From now on a refusal is about the page: the size must not change any more.
			if _, err := source.list(t.Context(), server.UserIDs()[0], 1000); !errors.Is(err, errPageRefused) {
				t.Errorf("page 1000: %v", err)
			}
			var limits []int
			for _, call := range server.Calls() {
				limits = append(limits, call.Limit)
			}
			if fmt.Sprint(limits) != test.limits {
				t.Errorf("limits %v, want %s", limits, test.limits)
			}
			if retried := len(seen[exporter.RequestRetried](w)); retried != len(limits)-2 {
				t.Errorf("%d events", retried)
			}
		})
	}
}

func TestARequestEndsWithItsContextWhateverItWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		fault sim.Fault
		pace  func(*pace)
	}{
		"a stalled body":     {sim.FaultStall, func(*pace) {}},
		"the first byte":     {sim.FaultSlow, func(*pace) {}},
		"the next attempt":   {sim.Fault500, func(p *pace) { p.firstWait, p.longestWait = time.Hour, time.Hour; p.patience = 1 << 62 }},
		"the end of a pause": {sim.Fault429, func(p *pace) { p.leastThrottle = time.Hour }},
	} {
		t.Run(name, func(t *testing.T) {
			server, endpoint := simulate(t, sim.Options{Unlimited: true, SlowBy: time.Hour, Faults: []sim.FaultRule{{Fault: test.fault}}})
			source, _ := open(t, endpoint, paced(test.pace), limited)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			_, err := source.list(ctx, server.UserIDs()[0], 1)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "GET /inbox?") {
				t.Errorf("error %v", err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}
