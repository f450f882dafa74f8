package sim_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestFaultsThatTakeThePlaceOfTheAnswer(t *testing.T) {
	for fault, want := range map[sim.Fault]want{
		sim.Fault500:    {500, "Internal server error", "text/plain"},
		sim.Fault502:    {502, "", "text/html"},
		sim.Fault503:    {503, "", "text/html"},
		sim.Fault520:    {520, "", "text/html"},
		sim.Fault524:    {524, "", "text/html"},
		sim.Fault429:    {429, "Too many requests", "text/plain"},
		sim.FaultHTML:   {200, "", "text/html"},
		sim.FaultObject: {200, "{}", "application/json"},
		sim.FaultEmpty:  {200, "", "application/json"},
		sim.FaultEcho: {500, "Internal server error for key " + sim.DefaultKey + ", Authorization: Basic " +
			base64.StdEncoding.EncodeToString([]byte(":"+sim.DefaultKey)), "text/plain"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			a := start(t, unlimited(sim.Options{Users: 1, Faults: []sim.FaultRule{{Fault: fault, Times: 1}}}))
			list := "/inbox?userId=" + a.sim.UserIDs()[0]
			got := a.get(list)
			want.check(t, got)
			if fault == sim.FaultEmpty && got.body != "" {
				t.Errorf("body %q", got.body)
			}
			expect(t, "simulated", got.header.Get(sim.HeaderSimulated), "true")
			expect(t, "list reads", a.sim.Step(), 0)
			expect(t, "status of the next try", a.get(list).status, 200)
			calls := a.sim.Calls()
			expect(t, "fault of call 1", calls[0].Fault, fault)
			expect(t, "fault of call 2", calls[1].Fault, "")
		})
	}
}

func TestFaultsOfOneRouteLeaveTheOthersAlone(t *testing.T) {
	for fault, want := range map[sim.Fault]want{
		sim.Fault402Labels: {402, "route is available starting emailPro plan", "text/plain"},
		sim.Fault403Labels: {403, "User linked to this API key is blocked", "text/plain"},
	} {
		t.Run(string(fault), func(t *testing.T) {
			a := start(t, unlimited(sim.Options{Users: 1, Faults: []sim.FaultRule{{Fault: fault}, {Fault: sim.Fault500, Path: "/api/team"}}}))
			for range 2 {
				want.check(t, a.get("/inbox/labels"))
			}
			expect(t, "list", a.get("/inbox?userId="+a.sim.UserIDs()[0]).status, 200)
			expect(t, "team, which the next rule strikes", a.get("/team").status, 500)
		})
	}
}

func TestFaultsThatSpoilTheAnswer(t *testing.T) {
	spoilt := func(t *testing.T, fault sim.Fault, o sim.Options) (whole string, got answer) {
		o.Users, o.Faults = 1, []sim.FaultRule{{Fault: fault, Attempt: 2}}
		a := start(t, unlimited(o))
		list := "/inbox?limit=100&userId=" + a.sim.UserIDs()[0]
		return a.get(list).body, a.get(list)
	}
	t.Run("truncated: half the JSON, complete for HTTP", func(t *testing.T) {
		whole, got := spoilt(t, sim.FaultTruncated, sim.Options{})
		if got.err != nil || got.body != whole[:len(whole)/2] || json.Valid([]byte(got.body)) {
			t.Errorf("%v, %d of %d bytes", got.err, len(got.body), len(whole))
		}
	})
	t.Run("cut: half the body, then the end of the connection", func(t *testing.T) {
		whole, got := spoilt(t, sim.FaultCut, sim.Options{})
		if !errors.Is(got.err, io.ErrUnexpectedEOF) || got.body != whole[:len(whole)/2] {
			t.Errorf("%v, %d of %d bytes", got.err, len(got.body), len(whole))
		}
	})
	t.Run("reset: the connection is reset", func(t *testing.T) {
		if _, got := spoilt(t, sim.FaultReset, sim.Options{}); !errors.Is(got.err, syscall.ECONNRESET) {
			t.Errorf("%v", got.err)
		}
	})
	t.Run("type: the right JSON as HTML", func(t *testing.T) {
		whole, got := spoilt(t, sim.FaultContentType, sim.Options{})
		want{200, whole, "text/html"}.check(t, got)
	})
	t.Run("slow: the first byte is late", func(t *testing.T) {
		began := time.Now()
		if _, got := spoilt(t, sim.FaultSlow, sim.Options{SlowBy: 30 * time.Millisecond}); got.err != nil || time.Since(began) < 30*time.Millisecond {
			t.Errorf("%v after %v", got.err, time.Since(began))
		}
	})
	t.Run("truncated under gzip: good gzip of half the JSON", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{Users: 1, Gzip: true, Faults: []sim.FaultRule{{Fault: sim.FaultTruncated}}}))
		got := a.get("/inbox?userId="+a.sim.UserIDs()[0], acceptGzip)
		if text := unzip(t, got); !strings.HasPrefix(text, `{"data":[{"_id":"ibx_`) || json.Valid([]byte(text)) {
			t.Errorf("%.60s", text)
		}
	})
}

func TestAStalledBodyIsHeldUntilSomebodyCloses(t *testing.T) {
	stall := sim.Options{Users: 1, Unlimited: true, Faults: []sim.FaultRule{{Fault: sim.FaultStall}}}
	read := func(ctx context.Context, server *sim.Server, url string, half func()) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/inbox?userId="+server.UserIDs()[0], nil)
		if err != nil {
			return err
		}
		r.SetBasicAuth("", server.Key())
		transport := &http.Transport{}
		defer transport.CloseIdleConnections()
		response, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := response.Body.Read(make([]byte, 1)); err != nil {
			return err
		}
		half()
		_, err = io.ReadAll(response.Body)
		return err
	}
	t.Run("the client", func(t *testing.T) {
		a := start(t, stall)
		ctx, cancel := context.WithCancel(t.Context())
		if err := read(ctx, a.sim, a.url, cancel); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	t.Run("the server", func(t *testing.T) {
		server, err := sim.New(stall)
		if err != nil {
			t.Fatal(err)
		}
		running, err := server.Start(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var closing sync.WaitGroup
		err = read(t.Context(), server, running.URL(), func() { closing.Go(func() { _ = running.Close() }) })
		closing.Wait()
		if err == nil {
			t.Error("the body ended as if it were whole")
		}
	})
}

func TestFaultRulesChooseRequests(t *testing.T) {
	// Two users, pages 1 and 2, each twice, after one GET /team.
	walk := func(t *testing.T, rules ...sim.FaultRule) (failed []int) {
		a := start(t, unlimited(sim.Options{Users: 2, Faults: rules}))
		a.get("/team")
		for _, user := range a.sim.UserIDs() {
			for _, page := range []string{"1", "2"} {
				for range 2 {
					a.get("/inbox?userId=" + user + "&page=" + page)
				}
			}
		}
		for _, call := range a.sim.Calls() {
			if call.Status == 500 {
				failed = append(failed, call.Number)
			}
		}
		return failed
	}
	second := start(t, sim.Options{Users: 2}).sim.UserIDs()[1]
	for rule, test := range map[string]struct {
		rule sim.FaultRule
		want string
	}{
		"every request":            {sim.FaultRule{}, "1 2 3 4 5 6 7 8 9"},
		"by number":                {sim.FaultRule{Request: 4}, "4"},
		"by path":                  {sim.FaultRule{Path: "/api/team"}, "1"},
		"by user":                  {sim.FaultRule{User: second}, "6 7 8 9"},
		"by page":                  {sim.FaultRule{Page: 2}, "4 5 8 9"},
		"by user, page and try":    {sim.FaultRule{User: second, Page: 2, Attempt: 2}, "9"},
		"the first try of a page":  {sim.FaultRule{Path: "/api/inbox", Attempt: 1}, "2 4 6 8"},
		"so many times":            {sim.FaultRule{Path: "/api/inbox", Times: 3}, "2 3 4"},
		"rate 1":                   {sim.FaultRule{Rate: 1}, "1 2 3 4 5 6 7 8 9"},
		"a page a team has not":    {sim.FaultRule{Page: 7}, ""},
		"a rate that hardly hits":  {sim.FaultRule{Rate: 1e-9}, ""},
		"a rate on top of a path":  {sim.FaultRule{Path: "/api/team", Rate: 1}, "1"},
		"conditions hold together": {sim.FaultRule{Request: 4, Path: "/api/team"}, ""},
	} {
		t.Run(rule, func(t *testing.T) {
			test.rule.Fault = sim.Fault500
			var got []string
			for _, n := range walk(t, test.rule) {
				got = append(got, string(rune('0'+n)))
			}
			expect(t, "failed", strings.Join(got, " "), test.want)
		})
	}
}

func TestARateOfFaultsComesFromTheSeed(t *testing.T) {
	failed := func(seed uint64) (numbers []int) {
		a := start(t, unlimited(sim.Options{Users: 1, Seed: seed, Faults: []sim.FaultRule{{Fault: sim.Fault500, Rate: 0.3}}}))
		for range 200 {
			a.get("/team")
		}
		for _, call := range a.sim.Calls() {
			if call.Fault != "" {
				numbers = append(numbers, call.Number)
			}
		}
		return numbers
	}
	first := failed(1)
	if len(first) < 35 || len(first) > 85 {
		t.Errorf("%d of 200 failed", len(first))
	}
	if again := failed(1); !equal(first, again) {
		t.Errorf("%v, then %v", first, again)
	}
	if other := failed(2); equal(first, other) {
		t.Error("another seed, the same faults")
	}
}

func equal(a, b []int) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return bytes.Equal(x, y)
}

func TestGzipForThoseWhoAcceptIt(t *testing.T) {
	plain, zipped := start(t, unlimited(sim.Options{})), start(t, unlimited(sim.Options{Gzip: true}))
	list := "/inbox?limit=100&userId=" + plain.sim.UserIDs()[0]
	want := plain.get(list, acceptGzip)
	expect(t, "encoding with gzip off", want.header.Get("Content-Encoding"), "")
	expect(t, "encoding when not accepted", zipped.get(list).header.Get("Content-Encoding"), "")
	for range 3 { // writers are used again
		got := zipped.get(list, acceptGzip)
		expect(t, "encoding", got.header.Get("Content-Encoding"), "gzip")
		if unzip(t, got) != want.body {
			t.Error("the unpacked body differs")
		}
	}
}

func acceptGzip(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip") }

func unzip(t *testing.T, got answer) string {
	t.Helper()
	unpacked, err := gzip.NewReader(strings.NewReader(got.body))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLatencyLetsRequestsOverlapAndJitterReordersReads(t *testing.T) {
	a := start(t, unlimited(sim.Options{Users: 1, Latency: 20 * time.Millisecond, Jitter: 150 * time.Millisecond}))
	list := "/inbox?userId=" + a.sim.UserIDs()[0]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { a.get(list) })
	}
	all.Wait()
	if stats := a.sim.Stats(); stats.MaxInFlight < 2 {
		t.Errorf("%d in flight", stats.MaxInFlight)
	}
	reordered := false
	for i, call := range a.sim.Calls() {
		reordered = reordered || call.Step != i+1
	}
	if !reordered {
		t.Error("reads took place in the order of arrival")
	}
}
