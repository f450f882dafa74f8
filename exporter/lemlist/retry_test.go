package lemlist

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// faulty is a simulated API whose first times answers to an inbox go wrong.
func faulty(t *testing.T, fault sim.Fault, times int) (*sim.Server, string) {
	t.Helper()
	return simulate(t, sim.Options{Unlimited: true, SlowBy: 20 * time.Millisecond,
		Faults: []sim.FaultRule{{Fault: fault, Path: "/api/inbox", Times: times}}})
}

func TestEveryTransientFaultIsRepeatedUntilThePageIsThere(t *testing.T) {
	t.Parallel()
	for _, fault := range []sim.Fault{sim.Fault500, sim.Fault502, sim.Fault503, sim.Fault520, sim.Fault524, sim.FaultEcho, sim.FaultEmpty,
		sim.FaultHTML, sim.FaultObject, sim.FaultReset, sim.FaultCut, sim.FaultTruncated, sim.FaultStall} {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel() // some say when to ask again
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
	garbled := &failure{problem: problemGarbled, request: "GET /inbox", status: 200}
	throttled := &failure{problem: problemThrottled, request: "GET /inbox", status: 429, wait: 30 * time.Second}
	brief := &failure{problem: problemThrottled, request: "GET /inbox", status: 429, wait: time.Second}
	slow := &failure{problem: problemBroken, request: "GET /inbox", took: 150 * time.Second}
	busy := &failure{problem: problemServer, request: "GET /inbox", status: 503, wait: 100 * time.Second}
	closed := &failure{problem: problemServer, request: "GET /inbox", status: 503, wait: time.Hour}
	const patience = 5 * time.Minute
	for name, test := range map[string]struct {
		failures []*failure // again and again
		worked   bool
		waits    int // at least
		within   time.Duration
		message  string
	}{
		"after 5 minutes of failures":              {[]*failure{server}, true, 15, patience + time.Second, "attempts in 5m"},
		"also where nothing worked":                {[]*failure{server}, false, 15, patience + time.Second, "attempts in 5m"},
		"after 5 minutes, 429 between them":        {[]*failure{server, throttled}, true, 10, patience + time.Second, " attempts in "},
		"after 5 minutes of 429":                   {[]*failure{throttled}, true, 9, patience, "gave up after 11 attempts in 5m0s: 429 Too Many Requests"},
		"after 5 minutes of short 429":             {[]*failure{brief}, false, 10, patience, "attempts in "},
		"after 5 minutes of 503 with a time":       {[]*failure{busy}, true, 3, patience, "gave up after 4 attempts in 5m0s: 503 Service Unavailable"},
		"at once when the time is too long":        {[]*failure{closed}, true, 0, 0, "gave up after 1 attempt in 0s, as the API asks to wait 1h0m0s: 503"},
		"after 3 web pages where nothing worked":   {[]*failure{page}, false, 2, time.Minute, "gave up after 3 attempts in "},
		"not so where something worked":            {[]*failure{page}, true, 15, patience, "attempts in 5m0s"},
		"after 6 odd answers where nothing worked": {[]*failure{garbled}, false, 5, time.Minute, "gave up after 6 attempts in "},
		"429s are no odd answers":                  {[]*failure{brief, brief, brief, page}, false, 11, time.Minute, "gave up after 12 attempts in "},
		"when the attempts take 5 minutes":         {[]*failure{slow}, true, 1, 2*150*time.Second + 20*time.Second, "gave up after 2 attempts in 5m"},
	} {
		t.Run(name, func(t *testing.T) {
			h, began := newHope(defaultPace(0)), time.Now()
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
	p := defaultPace(0)
	for range 200 {
		h, now := newHope(p), time.Now()
		most := p.firstWait
		for range 5 {
			next, err := h.after(&failure{problem: problemServer}, true, now)
			if err != nil || next.wait < 0 || next.wait > most+1 {
				t.Fatalf("wait %s of at most %s, error %v", next.wait, most, err)
			}
			most = min(2*most, p.longestWait)
		}
	}
}

func TestThrottlesWithoutATimeAreAnsweredMoreAndMorePatiently(t *testing.T) {
	h, now := newHope(defaultPace(0)), time.Now()
	began := now
	for range 9 {
		next, err := h.after(&failure{problem: problemThrottled, wait: ratelimit.ShortestThrottle}, true, now)
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(next.wait)
	}
	if now.Sub(began) < 30*time.Second {
		t.Errorf("the tenth attempt comes after %s", now.Sub(began))
	}
}

// outage answers as a team of users with empty inboxes, but for the time from begin
// to end after the first request: then it fails as fail says.
type outage struct {
	users      int
	begin, end time.Duration
	fail       func(w http.ResponseWriter)

	mu    sync.Mutex
	first time.Time
}

func (o *outage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if o.first.IsZero() {
		o.first = now
	}
	if since := now.Sub(o.first); since >= o.begin && since < o.end {
		o.fail(w)
		return
	}
	if r.URL.Path == "/api/team" {
		ids := `"usr_x"`
		for i := range o.users {
			ids += fmt.Sprintf(`,"usr_%02d"`, i)
		}
		_, _ = fmt.Fprintf(w, `{"_id":"tea_1","userIds":[%s]}`, ids)
		return
	}
	_, _ = w.Write([]byte(emptyPage))
}

func unavailable(after string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func closed(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func TestAnOutageOfMinutesIsOutlived(t *testing.T) {
	status := func(code int) func(http.ResponseWriter) { return func(w http.ResponseWriter) { w.WriteHeader(code) } }
	for name, test := range map[string]struct {
		begin, length, patience time.Duration
		fail                    func(http.ResponseWriter)
		ends                    bool
	}{
		"503":                             {time.Second, 4 * time.Minute, 0, unavailable(""), false},
		"503 with Retry-After":            {time.Second, 4 * time.Minute, 0, unavailable("30"), false},
		"503 from the first request":      {0, 4 * time.Minute, 0, unavailable("30"), false},
		"a web page":                      {time.Second, 4 * time.Minute, 0, func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, false},
		"connections that break":          {time.Second, 4 * time.Minute, 0, closed, false},
		"408":                             {time.Second, 4 * time.Minute, 0, status(http.StatusRequestTimeout), false},
		"429":                             {time.Second, 4 * time.Minute, 0, status(http.StatusTooManyRequests), false},
		"500, longer than the default":    {time.Second, 6 * time.Minute, 0, status(500), true},
		"500, with more patience":         {time.Second, 25 * time.Minute, 30 * time.Minute, status(500), false},
		"500, longer than the patience":   {time.Second, time.Hour, 30 * time.Minute, status(500), true},
		"503, with hardly any patience":   {time.Second, time.Minute, time.Second, unavailable(""), true},
		"a wrong endpoint is noticed":     {0, time.Hour, 0, func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, true},
		"503 with a Retry-After too long": {time.Second, time.Hour, 0, unavailable("3000"), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := &outage{users: 40, begin: test.begin, end: test.begin + test.length, fail: test.fail}
				source, w := handled(t, api, limited, func(o *Options) { o.pace, o.MaxElapsed = nil, test.patience })
				began := time.Now()
				_, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()})
				took := time.Since(began)
				if test.ends != (err != nil) {
					t.Fatalf("after %s: %v", took, err)
				}
				if !test.ends {
					if took < test.length {
						t.Errorf("took %s", took)
					}
					return
				}
				most := exporter.DefaultMaxElapsed
				switch {
				case test.patience > 0:
					most = test.patience
				case test.begin == 0 || strings.HasSuffix(name, "too long"):
					most = time.Minute
				}
				if took > most+10*time.Second || len(seen[exporter.RequestRetried](w)) == 0 && !strings.HasSuffix(name, "too long") {
					t.Errorf("took %s", took)
				}
				if late := test.begin > 0; late != strings.Contains(exporter.Hint(err), "max_elapsed in the block retry") {
					t.Errorf("error %v, hint %q", err, exporter.Hint(err))
				}
			})
		})
	}
}

// A 503 that names a time is about the server: whoever else has a request to send
// waits too.
func TestA503WithRetryAfterPausesEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const number = 25 // of the request that gets it
		var mu sync.Mutex
		var calls []time.Time
		api := &outage{users: 100}
		source, w := handled(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			calls = append(calls, time.Now())
			n := len(calls)
			mu.Unlock()
			if n == number {
				unavailable("100")(w)
				return
			}
			api.ServeHTTP(w, r)
		}), limited, func(o *Options) { o.pace = nil })
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
			t.Fatal(err)
		}
		events := seen[exporter.RequestRetried](w)
		if len(events) != 1 || events[0].Wait != 100*time.Second || events[0].Left != 200*time.Second || events[0].Reason != "503 Service Unavailable" {
			t.Errorf("events %+v", events)
		}
		failed := calls[number-1]
		for i, call := range calls {
			if call.After(failed) && call.Before(failed.Add(100*time.Second)) {
				t.Errorf("request %d comes %s after the 503", i+1, call.Sub(failed))
			}
		}
	})
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
	for page := range 10 { // good answers follow the failures
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
