package sim_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestTripwires(t *testing.T) {
	const key = "a key/with=odd characters"
	encoded := base64.StdEncoding.EncodeToString([]byte(":" + key))
	method := func(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for rule, test := range map[string]struct {
		path   string
		change func(*http.Request)
		want   string // "" is no violation
	}{
		"a read is fine":             {path: "/inbox/labels"},
		"HEAD is not a write":        {path: "/inbox/labels", change: method(http.MethodHead)},
		"POST":                       {path: "/inbox/email", change: method(http.MethodPost), want: "a method that writes"},
		"PUT":                        {path: "/inbox", change: method(http.MethodPut), want: "a method that writes"},
		"PATCH":                      {path: "/inbox", change: method(http.MethodPatch), want: "a method that writes"},
		"DELETE":                     {path: "/unknown", change: method(http.MethodDelete), want: "a method that writes"},
		"markAsRead, even as false":  {path: "/inbox/ctc_x?markAsRead=false", want: "markAsRead in the query"},
		"markAsRead on any route":    {path: "/team?markAsRead", want: "markAsRead in the query"},
		"access_token":               {path: "/team?access_token=x", want: "access_token in the URL"},
		"the key in the query":       {path: "/team?x=" + url.QueryEscape(key), want: "the key in the URL"},
		"the key in the path":        {path: "/users/" + url.PathEscape(key), want: "the key in the URL"},
		"the coded key in the query": {path: "/team?x=" + url.QueryEscape(encoded), want: "the key in the URL"},
		"the key in a header":        {path: "/team", change: header("X-Api-Key", key), want: "the key in the header X-Api-Key"},
		"the coded key in a header":  {path: "/team", change: header("Cookie", "k="+encoded), want: "the key in the header Cookie"},
		"a user name":                {path: "/team", change: func(r *http.Request) { r.SetBasicAuth("me", key) }, want: "Basic authentication with a user name"},
		"a GET with a body": {path: "/inbox", change: func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("{}")), 2
		}, want: "a GET with a body"},
	} {
		t.Run(rule, func(t *testing.T) {
			a := start(t, sim.Options{Key: key})
			if test.change == nil {
				test.change = func(*http.Request) {}
			}
			if got := a.get(test.path, test.change); got.err != nil {
				t.Fatal(got.err)
			}
			violations := strings.Join(a.sim.Violations(), "\n")
			if test.want == "" && violations != "" || !strings.Contains(violations, test.want) {
				t.Errorf("violations: %q", violations)
			}
			log, err := json.Marshal(a.sim.Calls())
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{key, url.QueryEscape(key), encoded, url.QueryEscape(encoded)} {
				if strings.Contains(violations+string(log), secret) {
					t.Errorf("the key is in %s%s", violations, log)
				}
			}
		})
	}
}

// The tripwire knows no windows: 20 calls at the end of one and 20 at the start
// of the next are allowed by a fixed window and are still too many.
func TestTheRateTripwireSlides(t *testing.T) {
	for rule, test := range map[string]struct {
		pause time.Duration // between the 20th and the 21st call
		want  int
	}{
		"21 calls within 2 s":       {1999 * time.Millisecond, 1},
		"the 21st call 2 s later":   {2 * time.Second, 0},
		"after the window, at once": {2500 * time.Millisecond, 0},
	} {
		t.Run(rule, func(t *testing.T) {
			now := sim.Epoch()
			a := start(t, sim.Options{Now: func() time.Time { return now }})
			for range 20 {
				a.get("/team")
			}
			now = now.Add(test.pause)
			a.get("/team")
			expect(t, "violations", len(a.sim.Violations()), test.want)
			expect(t, "most in a window", a.sim.Stats().MaxInWindow, 20+test.want)
		})
	}
	t.Run("no limit, no tripwire", func(t *testing.T) {
		a := start(t, unlimited(sim.Options{}))
		for range 30 {
			a.get("/team")
		}
		expect(t, "violations", len(a.sim.Violations()), 0)
		expect(t, "200s", a.sim.Stats().ByStatus[200], 30)
	})
}

func TestTheLogTellsEveryCall(t *testing.T) {
	now := sim.Epoch()
	a := start(t, sim.Options{Users: 1, Now: func() time.Time { return now }})
	user := a.sim.UserIDs()[0]
	a.get("/team?version=v2")
	a.get("/inbox?limit=30&page=2&userId=" + user)
	a.get("/inbox?limit=30&page=2&userId=" + user)
	a.get("/inbox?page=x&userId=" + user)
	a.get("/inbox/labels?limit=3")
	var got []string
	for _, c := range a.sim.Calls() {
		expect(t, "arrived", c.Arrived, now)
		got = append(got, fmt.Sprintf("%d %s %s?%s page %d limit %d try %d: %d step %d rows %d of %d, %d in flight", c.Number, c.Method,
			c.Path, strings.ReplaceAll(c.Query, user, "U"), c.Page, c.Limit, c.Attempt, c.Status, c.Step, c.Rows, c.Total, c.InFlight))
	}
	expect(t, "log", "\n"+strings.Join(got, "\n"), `
1 GET /api/team?version=v2 page 0 limit 0 try 1: 200 step 0 rows 0 of 0, 1 in flight
2 GET /api/inbox?limit=30&page=2&userId=U page 2 limit 30 try 1: 200 step 1 rows 30 of 100, 1 in flight
3 GET /api/inbox?limit=30&page=2&userId=U page 2 limit 30 try 2: 200 step 2 rows 30 of 100, 1 in flight
4 GET /api/inbox?page=x&userId=U page 1 limit 0 try 1: 200 step 3 rows 10 of 100, 1 in flight
5 GET /api/inbox/labels?limit=3 page 0 limit 3 try 1: 200 step 0 rows 0 of 0, 1 in flight`)
}
