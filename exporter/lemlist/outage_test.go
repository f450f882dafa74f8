package lemlist

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
)

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
	_, _ = w.Write([]byte(apitest.EmptyPage))
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
				source, w := piped(t, api, limited, func(o *Options) { o.MaxElapsed = test.patience })
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
				if took > most+10*time.Second || len(apitest.Seen[exporter.RequestRetried](w)) == 0 && !strings.HasSuffix(name, "too long") {
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
		source, w := piped(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			calls = append(calls, time.Now())
			n := len(calls)
			mu.Unlock()
			if n == number {
				unavailable("100")(w)
				return
			}
			api.ServeHTTP(w, r)
		}), limited)
		if _, err := source.Survey(t.Context(), []*schema.Table{schema.InboxConversations()}); err != nil {
			t.Fatal(err)
		}
		events := apitest.Seen[exporter.RequestRetried](w)
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
