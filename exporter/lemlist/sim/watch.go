package sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What is kept is bounded, so that a simulation may serve for days.
const (
	maxCalls      = 200_000
	maxViolations = 1000
)

// Call is one request and its answer. Nothing in it holds the key.
type Call struct {
	// Number counts the requests, from 1.
	Number int
	Method string
	Path   string
	// Query is the query without access_token, encoded, sorted by name.
	Query string
	// User, Page and Limit are those of the query, 0 where there is none. Page is 0
	// on all routes but the list, where a missing or bad one is 1.
	User        string
	Page, Limit int
	// Attempt counts the requests for the same path, user and page, from 1.
	Attempt int
	Arrived time.Time
	// InFlight is how many requests were being answered, this one included.
	InFlight int

	// The rest is known once the request was answered.

	Status int
	Fault  Fault
	// Step is the number of the list read; 0 when it read no list.
	Step int
	// Rows is how many rows the page had, Total the true length of the list.
	Rows, Total int
}

// Stats are counters over all requests.
type Stats struct {
	Requests int
	// ByStatus counts the answers that were given, by status.
	ByStatus map[int]int
	// Throttled is the number of 429s.
	Throttled int
	// MaxInWindow is the most requests that arrived in any stretch of Period.
	MaxInWindow int
	MaxInFlight int
}

// watch sees every request: the log, the counters and the tripwires.
type watch struct {
	opts    Options
	encoded string // the key as Basic authentication sends it

	mu         sync.Mutex
	calls      []Call
	stats      Stats
	inFlight   int
	recent     []time.Time // arrivals within the last Period
	attempts   map[attempt]int
	violations []string
}

type attempt struct {
	path, user string
	page       int
}

func newWatch(o Options) *watch {
	return &watch{
		opts: o, encoded: base64.StdEncoding.EncodeToString([]byte(":" + o.Key)),
		stats: Stats{ByStatus: map[int]int{}}, attempts: map[attempt]int{},
	}
}

// arrive notes a request.
func (w *watch) arrive(r *http.Request, query url.Values) Call {
	c := Call{
		Method: r.Method, Path: w.redact(r.URL.Path), Query: w.redactQuery(query), User: w.redact(query.Get("userId")),
		Limit: atoi(query.Get("limit")),
	}
	if r.URL.Path == listPath {
		c.Page = max(1, atoi(query.Get("page")))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	c.Arrived = w.opts.Now()
	w.stats.Requests++
	c.Number = w.stats.Requests
	w.inFlight++
	c.InFlight = w.inFlight
	w.stats.MaxInFlight = max(w.stats.MaxInFlight, c.InFlight)
	key := attempt{c.Path, c.User, c.Page}
	w.attempts[key]++
	c.Attempt = w.attempts[key]

	w.recent = append(w.recent, c.Arrived)
	for c.Arrived.Sub(w.recent[0]) >= w.opts.Period {
		w.recent = w.recent[1:]
	}
	w.stats.MaxInWindow = max(w.stats.MaxInWindow, len(w.recent))
	for _, wrong := range w.trip(r, query) {
		if len(w.violations) < maxViolations {
			w.violations = append(w.violations, fmt.Sprintf("request %d, %s %s: %s", c.Number, c.Method, c.Path, wrong))
		}
	}
	if len(w.calls) < maxCalls {
		w.calls = append(w.calls, c)
	}
	return c
}

// leave notes what became of a request.
func (w *watch) leave(c Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	w.stats.ByStatus[c.Status]++
	if c.Status == http.StatusTooManyRequests {
		w.stats.Throttled++
	}
	if c.Number <= len(w.calls) {
		w.calls[c.Number-1] = c
	}
}

// trip returns what a reader must never do and this request does. The watch must be locked.
func (w *watch) trip(r *http.Request, query url.Values) []string {
	var wrong []string
	add := func(trips bool, what string) {
		if trips {
			wrong = append(wrong, what)
		}
	}
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		wrong = append(wrong, "a method that writes")
	}
	add(query.Has("markAsRead"), "markAsRead in the query")
	add(query.Has("access_token"), "access_token in the URL")
	add(w.holdsKey(r.URL.Path) || w.holdsKey(r.URL.RawPath) || w.holdsKey(r.RequestURI) || w.queryHoldsKey(query), "the key in the URL")
	for name, values := range r.Header {
		add(name != "Authorization" && slices.ContainsFunc(values, w.holdsKey), "the key in the header "+name)
	}
	add(r.ContentLength != 0 && r.Method == http.MethodGet, "a GET with a body")
	user, _, basic := r.BasicAuth()
	add(basic && user != "", "Basic authentication with a user name")
	add(!w.opts.Unlimited && len(w.recent) > w.opts.Calls, fmt.Sprintf("more than %d calls within %s", w.opts.Calls, w.opts.Period))
	return wrong
}

func (w *watch) holdsKey(text string) bool {
	return strings.Contains(text, w.opts.Key) || strings.Contains(text, w.encoded)
}

func (w *watch) queryHoldsKey(query url.Values) bool {
	for _, values := range query {
		if slices.ContainsFunc(values, w.holdsKey) {
			return true
		}
	}
	return false
}

func (w *watch) redact(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, w.opts.Key, "(key)"), w.encoded, "(key)")
}

func (w *watch) redactQuery(query url.Values) string {
	clean := url.Values{}
	for name, values := range query {
		if name == "access_token" {
			continue
		}
		for _, value := range values {
			clean.Add(w.redact(name), w.redact(value))
		}
	}
	return clean.Encode()
}

// atoi returns 0 for invalid numbers.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}
