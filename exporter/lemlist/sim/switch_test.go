package sim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// want is what one request gets.
type want struct {
	status int
	body   string // of the whole body; "" is any
	kind   string // of Content-Type
}

func (w want) check(t *testing.T, got answer) {
	t.Helper()
	if got.err != nil {
		t.Fatal(got.err)
	}
	if got.status != w.status || w.body != "" && got.body != w.body || !strings.HasPrefix(got.header.Get("Content-Type"), w.kind) {
		t.Errorf("got %d %s %q; want %d %s %q", got.status, got.header.Get("Content-Type"), got.body, w.status, w.kind, w.body)
	}
}

func TestErrorsAreThoseOfTheAPI(t *testing.T) {
	bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+sim.DefaultKey) }
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	none := func(r *http.Request) { r.Header.Del("Authorization") }
	wrong := want{401, "The authentication you supplied is incorrect", "text/plain"}
	for rule, test := range map[string]struct {
		options sim.Options
		path    string
		change  func(*http.Request)
		want    want
	}{
		"no userId":                           {path: "/inbox", want: want{400, "User ID is required", "text/plain"}},
		"a foreign user":                      {path: "/inbox?userId=usr_x", want: want{400, "User not in team", "text/plain"}},
		"a foreign user, switched to empty":   {options: sim.Options{UnknownUser: sim.UnknownUserEmpty}, path: "/inbox?userId=usr_x", want: want{200, `{"data":[],"pagination":{"totalItems":0,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":10,"totalPages":0}}`, "application/json"}},
		"no key":                              {path: "/team", change: none, want: want{400, "No API key provided", "text/plain"}},
		"no key, switched to 401":             {options: sim.Options{MissingKey: sim.MissingKey401}, path: "/team", change: none, want: wrong},
		"a wrong key":                         {path: "/team", change: basic("", "other"), want: wrong},
		"the key as user name":                {path: "/team", change: basic(sim.DefaultKey, ""), want: wrong},
		"a user name besides the key":         {path: "/team", change: basic("someone@example.com", sim.DefaultKey), want: want{200, "", "application/json"}},
		"bearer":                              {path: "/team", change: bearer, want: wrong},
		"access_token":                        {path: "/team?access_token=" + sim.DefaultKey, change: none, want: want{400, "No API key provided", "text/plain"}},
		"access_token, switched on":           {options: sim.Options{AccessToken: true}, path: "/team?access_token=" + sim.DefaultKey, change: none, want: want{200, "", "application/json"}},
		"a wrong access_token, switched on":   {options: sim.Options{AccessToken: true}, path: "/team?access_token=x", change: none, want: wrong},
		"a blocked key":                       {options: sim.Options{Account: sim.AccountBlocked}, path: "/team", want: want{403, "User linked to this API key is blocked", "text/plain"}},
		"an orphaned key":                     {options: sim.Options{Account: sim.AccountOrphan}, path: "/team", want: want{404, "No user found for this API key", "text/plain"}},
		"a bad team":                          {options: sim.Options{Account: sim.AccountBadTeam}, path: "/inbox", want: want{400, "Bad team", "text/plain"}},
		"a plan without the inbox":            {options: sim.Options{Account: sim.AccountPlan}, path: "/inbox", want: want{402, "route is available starting emailPro plan", "text/plain"}},
		"a plan without the inbox has a team": {options: sim.Options{Account: sim.AccountPlan}, path: "/team", want: want{200, "", "application/json"}},
		"an unknown path":                     {path: "/teams", change: none, want: want{200, "", "text/html"}},
		"a path below a contact":              {path: "/inbox/ctc_x/messages", want: want{200, "", "text/html"}},
		"a route that only sends":             {path: "/inbox/email", want: want{405, "Bad method", "text/plain"}},
		"a method that writes":                {path: "/inbox", change: func(r *http.Request) { r.Method = http.MethodPost }, want: want{405, "Method not allowed", "text/plain"}},
		"a foreign user's account":            {path: "/users/usr_x", want: want{400, "Endpoint not available", "text/plain"}},
		"errors as JSON":                      {options: sim.Options{Errors: sim.ErrorJSON}, path: "/inbox", want: want{400, `{"error":"User ID is required"}`, "application/json"}},
		"errors with a code":                  {options: sim.Options{Errors: sim.ErrorCoded}, path: "/inbox", want: want{400, `{"success":false,"error":{"code":"USER_ID_IS_REQUIRED","message":"User ID is required"}}`, "application/json"}},
		"errors as a message":                 {options: sim.Options{Errors: sim.ErrorMessage}, path: "/inbox", want: want{400, `{"ok":false,"message":"User ID is required"}`, "application/json"}},
	} {
		t.Run(rule, func(t *testing.T) {
			a := start(t, test.options)
			var got answer
			if test.change == nil {
				got = a.get(test.path)
			} else {
				got = a.get(test.path, test.change)
			}
			test.want.check(t, got)
			for _, name := range []string{"Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} {
				if got.header.Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
			expect(t, sim.HeaderSimulated, got.header.Get(sim.HeaderSimulated), "true")
		})
	}
}

// The envelope of a request, as text, for every switch of paging.
func TestPagingSwitches(t *testing.T) {
	const list = 23 // conversations of the only user
	for rule, test := range map[string]struct {
		options sim.Options
		query   string
		status  int
		rows    int
		tail    string // of pagination; "" is any
	}{
		"ten rows without a limit":            {query: "", status: 200, rows: 10, tail: `"totalItems":23,"currentPage":1,"nextPage":2,"previousPage":null,"perPage":10,"totalPages":3}}`},
		"another page size without a limit":   {options: sim.Options{PageSize: 4}, status: 200, rows: 4},
		"a middle page":                       {query: "&page=2", status: 200, rows: 10, tail: `"totalItems":23,"currentPage":2,"nextPage":3,"previousPage":1,"perPage":10,"totalPages":3}}`},
		"the last page":                       {query: "&page=3", status: 200, rows: 3, tail: `"nextPage":null,"previousPage":2,"perPage":10,"totalPages":3}}`},
		"one page is enough":                  {query: "&limit=50", status: 200, rows: 23, tail: `"currentPage":1,"nextPage":null,"previousPage":null,"perPage":50,"totalPages":1}}`},
		"past the end: empty":                 {query: "&page=9", status: 200, rows: 0, tail: `"currentPage":9,"nextPage":null,"previousPage":8,"perPage":10,"totalPages":3}}`},
		"far past the end: empty":             {query: "&page=9223372036854775807&limit=100", status: 200, rows: 0},
		"past the end: the last page again":   {options: sim.Options{PastEnd: sim.PastEndRepeat}, query: "&page=9", status: 200, rows: 3, tail: `"currentPage":3,"nextPage":null,"previousPage":2,"perPage":10,"totalPages":3}}`},
		"past the end: refused":               {options: sim.Options{PastEnd: sim.PastEndRefuse}, query: "&page=4", status: 400},
		"the last page is not past the end":   {options: sim.Options{PastEnd: sim.PastEndRefuse}, query: "&page=3", status: 200, rows: 3},
		"too large a limit is clamped":        {options: sim.Options{LimitMax: 10}, query: "&limit=50", status: 200, rows: 10, tail: `"perPage":10,"totalPages":3}}`},
		"the largest limit is 100":            {query: "&limit=101", status: 200, rows: 23, tail: `"perPage":100,"totalPages":1}}`},
		"too large a limit is refused":        {options: sim.Options{LimitMax: 10, OverLimit: sim.OverLimitRefuse}, query: "&limit=11", status: 400},
		"no largest limit":                    {options: sim.Options{LimitMax: sim.Unbounded}, query: "&limit=5000", status: 200, rows: 23, tail: `"perPage":5000,"totalPages":1}}`},
		"bad numbers count as not sent":       {query: "&page=0&limit=x", status: 200, rows: 10, tail: `"currentPage":1,"nextPage":2,"previousPage":null,"perPage":10,"totalPages":3}}`},
		"bad numbers are refused":             {options: sim.Options{BadNumber: sim.BadNumberRefuse}, query: "&page=0", status: 400},
		"page numbers as text":                {options: sim.Options{NextPageText: true}, query: "&page=2", status: 200, rows: 10, tail: `"nextPage":"3","previousPage":"1","perPage":10,"totalPages":3}}`},
		"no total":                            {options: sim.Options{Total: sim.TotalAbsent}, status: 200, rows: 10, tail: `"pagination":{"currentPage":1,"nextPage":2,"previousPage":null,"perPage":10,"totalPages":3}}`},
		"a null total":                        {options: sim.Options{Total: sim.TotalNull}, status: 200, rows: 10, tail: `"totalItems":null,"currentPage":1,"nextPage":2,"previousPage":null,"perPage":10,"totalPages":3}}`},
		"an empty inbox has no pages":         {options: sim.Options{Conversations: sim.None}, status: 200, tail: `{"data":[],"pagination":{"totalItems":0,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":10,"totalPages":0}}`},
		"an empty inbox has one page":         {options: sim.Options{Conversations: sim.None, EmptyTotalPages: 1}, status: 200, tail: `"totalPages":1}}`},
		"an empty first page is not past end": {options: sim.Options{Conversations: sim.None, PastEnd: sim.PastEndRefuse}, status: 200},
	} {
		t.Run(rule, func(t *testing.T) {
			o := unlimited(test.options)
			o.Users = 1
			if o.Conversations == 0 {
				o.Conversations = list
			}
			a := start(t, o)
			got := a.get("/inbox?userId=" + a.sim.UserIDs()[0] + test.query)
			expect(t, "status", got.status, test.status)
			if test.status != http.StatusOK {
				return
			}
			rows, err := sim.PageRows([]byte(got.body))
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "rows", len(rows), test.rows)
			if !strings.HasSuffix(got.body, test.tail) {
				t.Errorf("the body ends in %s", got.body[max(0, len(got.body)-160):])
			}
		})
	}
}

func TestTotals(t *testing.T) {
	total := func(t *testing.T, o sim.Options) (stated, exact []int) {
		o.Users = 1
		a := start(t, unlimited(o))
		for range 8 {
			stated = append(stated, *a.first(a.sim.UserIDs()[0], 1).Pagination.TotalItems)
			exact = append(exact, len(a.sim.Conversations()))
		}
		return stated, exact
	}
	drift := sim.Drift{Inserts: 1}
	t.Run("exact", func(t *testing.T) {
		if stated, exact := total(t, sim.Options{Conversations: 50, Drift: drift}); !slices.Equal(stated, exact) {
			t.Errorf("%v for %v", stated, exact)
		}
	})
	t.Run("stale: as at the first read", func(t *testing.T) {
		stated, _ := total(t, sim.Options{Conversations: 50, Drift: drift, Total: sim.TotalStale})
		if slices.Min(stated) != 50 || slices.Max(stated) != 50 {
			t.Errorf("%v", stated)
		}
	})
	t.Run("capped at 1000", func(t *testing.T) {
		stated, exact := total(t, sim.Options{Conversations: 1001, Total: sim.TotalCapped})
		if slices.Max(stated) != 1000 || exact[0] != 1001 {
			t.Errorf("%v for %v", stated, exact)
		}
	})
	t.Run("noisy: off by up to 3", func(t *testing.T) {
		stated, _ := total(t, sim.Options{Conversations: 50, Total: sim.TotalNoisy})
		if low, high := slices.Min(stated), slices.Max(stated); low == high || low < 47 || high > 53 {
			t.Errorf("%v", stated)
		}
	})
}

func TestRateHeaders(t *testing.T) {
	// 0.658 s after the only call of its window.
	at := time.Date(2021, 2, 16, 8, 2, 40, 500_000_000, time.UTC)
	const js, cet = "Tue Feb 16 2021 08:02:42 GMT+0000 (Coordinated Universal Time)", "Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)"
	for rule, test := range map[string]struct {
		options    sim.Options
		retryAfter string
		reset      string
	}{
		"documented":             {sim.Options{}, "2", js},
		"a fraction":             {sim.Options{RetryAfter: sim.RetryAfterFractional}, "1.342", js},
		"zero":                   {sim.Options{RetryAfter: sim.RetryAfterZero}, "0", js},
		"a JavaScript date":      {sim.Options{RetryAfter: sim.RetryAfterJSDate}, js, js},
		"an HTTP date":           {sim.Options{RetryAfter: sim.RetryAfterHTTPDate}, "Tue, 16 Feb 2021 08:02:43 GMT", js},
		"no Retry-After":         {sim.Options{RetryAfter: sim.RetryAfterAbsent}, "", js},
		"Central European Time":  {sim.Options{Reset: sim.ResetCET}, "2", cet},
		"Unix seconds":           {sim.Options{Reset: sim.ResetEpoch}, "2", "1613462562"},
		"no X-RateLimit-Reset":   {sim.Options{Reset: sim.ResetAbsent}, "2", ""},
		"sliding":                {sim.Options{Window: sim.WindowSliding, RetryAfter: sim.RetryAfterFractional}, "1.342", js},
		"with the limit off too": {sim.Options{Unlimited: true, RetryAfter: sim.RetryAfterFractional}, "2", "Tue Feb 16 2021 08:02:43 GMT+0000 (Coordinated Universal Time)"},
	} {
		t.Run(rule, func(t *testing.T) {
			now := at
			test.options.Now = func() time.Time { return now }
			a := start(t, test.options)
			a.get("/team")
			now = at.Add(658 * time.Millisecond)
			got := a.get("/inbox", func(r *http.Request) { r.Header.Del("Authorization") }) // takes no call
			expect(t, "Retry-After", got.header.Get("Retry-After"), test.retryAfter)
			expect(t, "X-RateLimit-Reset", got.header.Get("X-RateLimit-Reset"), test.reset)
			expect(t, "X-RateLimit-Limit", got.header.Get("X-RateLimit-Limit"), "20")
		})
	}
}

func TestTheBudgetIsTwentyCallsOverAllRoutes(t *testing.T) {
	for rule, test := range map[string]struct {
		options sim.Options
		allowed int
		want    want
	}{
		"text":                        {sim.Options{}, 20, want{429, "Too many requests", "text/plain"}},
		"empty":                       {sim.Options{Body429: sim.Body429Empty}, 20, want{429, "", ""}},
		"JSON":                        {sim.Options{Body429: sim.Body429JSON}, 20, want{429, `{"error":"Rate limit exceeded"}`, "application/json"}},
		"HTML":                        {sim.Options{Body429: sim.Body429HTML}, 20, want{429, "", "text/html"}},
		"sliding":                     {sim.Options{Window: sim.WindowSliding}, 20, want{429, "", ""}},
		"another program takes eight": {sim.Options{OtherCalls: 8}, 12, want{429, "", ""}},
		"another budget":              {sim.Options{Calls: 3}, 3, want{429, "", ""}},
	} {
		t.Run(rule, func(t *testing.T) {
			now := sim.Epoch()
			test.options.Now = func() time.Time { return now }
			a := start(t, test.options)
			for i, path := range slices.Repeat([]string{"/team", "/inbox/labels", "/team/senders"}, 10)[:test.allowed] {
				got := a.get(path)
				expect(t, fmt.Sprint("status of call ", i+1), got.status, 200)
				expect(t, "remaining", got.header.Get("X-RateLimit-Remaining"), fmt.Sprint(test.allowed-i-1))
			}
			got := a.get("/team")
			test.want.check(t, got)
			if test.options.Body429 == sim.Body429Empty && got.body != "" {
				t.Errorf("body %q", got.body)
			}
			now = now.Add(2 * time.Second)
			expect(t, "status after the window", a.get("/team").status, 200)
			stats := a.sim.Stats()
			expect(t, "429s", stats.Throttled, 1)
			expect(t, "most in a window", stats.MaxInWindow, test.allowed+1)
			if violated := len(a.sim.Violations()) > 0; violated != (test.options.OtherCalls == 0) {
				t.Errorf("violations: %v", a.sim.Violations())
			}
		})
	}
}

func TestDataSwitches(t *testing.T) {
	type switches struct{ nulls, surprises, halves bool } // Options cannot be compared
	bodies := map[switches]string{}
	all := func(t *testing.T, o sim.Options) string {
		key := switches{o.NullForAbsent, o.TypeSurprises, o.LoneSurrogates}
		if bodies[key] == "" {
			o.Conversations, o.Users, o.LimitMax = 1000, 1, sim.Unbounded
			a := start(t, unlimited(o))
			bodies[key] = a.get("/inbox?limit=1000&userId=" + a.sim.UserIDs()[0]).body
		}
		return bodies[key]
	}
	for rule, test := range map[string]struct {
		options sim.Options
		pattern string
		there   bool
	}{
		"absent is absent":             {sim.Options{}, `"(lastRepliedAt|contact|fullName|email|done|isYourTurn)":null`, false},
		"null in place of absent":      {sim.Options{NullForAbsent: true}, `"contact":null`, true},
		"null in place of no name":     {sim.Options{NullForAbsent: true}, `"fullName":null,"email":"`, true},
		"null in place of not done":    {sim.Options{NullForAbsent: true}, `"done":null`, true},
		"types are right":              {sim.Options{}, `"\[object Object\]"`, false},
		"types surprise: contact":      {sim.Options{TypeSurprises: true}, `"contact":"\[object Object\]"`, true},
		"types surprise: haveReplies":  {sim.Options{TypeSurprises: true}, `"haveReplies":"true"`, true},
		"types surprise: channels":     {sim.Options{TypeSurprises: true}, `"channels":{}`, true},
		"types surprise: users":        {sim.Options{TypeSurprises: true}, `"users":null`, true},
		"types surprise: tasks":        {sim.Options{TypeSurprises: true}, `"opportunities":\["opp_`, true},
		"types surprise: createdAt":    {sim.Options{TypeSurprises: true}, `"createdAt":17`, true},
		"types surprise: channel":      {sim.Options{TypeSurprises: true}, `"lastRepliedChannel":7`, true},
		"text is whole":                {sim.Options{}, `\\ud83d`, false},
		"half an emoji":                {sim.Options{LoneSurrogates: true}, `\\ud83d"`, true},
		"a row without contact":        {sim.Options{}, `"haveReplies":(true|false)}`, true},
		"a contact without name":       {sim.Options{}, `"contact":{"_id":"ctc_\w+","email"`, true},
		"a contact without address":    {sim.Options{}, `"fullName":"[^"]+"}`, true},
		"not done has no done":         {sim.Options{}, `"type":"\w+"}`, true},
		"done is true":                 {sim.Options{}, `"done":true`, true},
		"never done false":             {sim.Options{}, `"done":false`, false},
		"opened by an activity":        {sim.Options{}, `"createdBy":"act_`, true},
		"opened by a user":             {sim.Options{}, `"createdBy":"usr_`, true},
		"an unknown channel":           {sim.Options{}, `"channels":\["carrier-pigeon"`, true},
		"no channel":                   {sim.Options{}, `"channels":\[\]`, true},
		"several channels":             {sim.Options{}, `"channels":\["email","sms"\]`, true},
		"nobody in users":              {sim.Options{}, `"users":\[\]`, true},
		"unknown key at the top":       {sim.Options{}, `"score":0.8725`, true},
		"unknown object":               {sim.Options{}, `"snooze":{"until"`, true},
		"a number beyond 2^53":         {sim.Options{}, `:9007199254740993`, true},
		"a numeric string":             {sim.Options{}, `"priority":"3"`, true},
		"unknown key in users":         {sim.Options{}, `"a/b~c":{"deep"`, true},
		"unknown key in opportunities": {sim.Options{}, `"dueAt":`, true},
		"unknown key in contact":       {sim.Options{}, `"companyName":`, true},
		"right to left":                {sim.Options{}, `ليلى`, true},
		"emoji":                        {sim.Options{}, `👩‍👩‍👧`, true},
		"a very long name":             {sim.Options{}, `"fullName":"[^"]{300}`, true},
		"an escaped control":           {sim.Options{}, `\\u0001`, true},
		"whole seconds":                {sim.Options{}, `"lastActivityAt":"[^"]+\.000Z"`, true},
		"null lastSentAt":              {sim.Options{}, `"lastSentAt":null`, true},
	} {
		t.Run(rule, func(t *testing.T) {
			body := all(t, test.options)
			if !json.Valid([]byte(body)) {
				t.Error("not JSON")
			}
			if regexp.MustCompile(test.pattern).MatchString(body) != test.there {
				t.Errorf("%s should be there: %v", test.pattern, test.there)
			}
		})
	}
}

func TestRowsShareUsersAndTimesAndNameFormerMembers(t *testing.T) {
	server, err := sim.New(sim.Options{Users: 4, Conversations: 2000})
	if err != nil {
		t.Fatal(err)
	}
	shared, ties, former := 0, 0, 0
	members := regexp.MustCompile(`"userId":"(\w+)"`)
	all := server.Conversations()
	for i, c := range all {
		if len(c.Users) > 1 {
			shared++
		}
		if i > 0 && c.LastActivityAt.Equal(all[i-1].LastActivityAt) {
			ties++
		}
		for _, id := range members.FindAllSubmatch(c.Raw(), -1) {
			if !slices.Contains(server.UserIDs(), string(id[1])) {
				former++
			}
		}
		if c.HaveReplies != strings.Contains(string(c.Raw()), `"lastRepliedAt"`) {
			t.Fatalf("lastRepliedAt without a reply, or the other way round: %s", c.Raw())
		}
	}
	if shared < 400 || ties < 150 || former < 100 {
		t.Errorf("%d shared, %d ties, %d former members", shared, ties, former)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	for message, o := range map[string]sim.Options{
		`sim: Users is -2; it must lie between 1 and 1000`:                       {Users: -2},
		`sim: Conversations is -2; it must lie between -1 and 20000000`:          {Conversations: -2},
		`sim: PastEnd is "nothing"; it must be one of empty, repeat, refuse, on`: {PastEnd: "nothing"},
		`sim: EmptyTotalPages is 2; it must lie between 0 and 1`:                 {EmptyTotalPages: 2},
		`sim: Drift cannot move given Rows; leave one of the two out`:            {Rows: []json.RawMessage{}, Drift: sim.Drift{Jumps: 1}},
		`sim: row 0 of Rows is not JSON`:                                         {Rows: []json.RawMessage{[]byte("{")}},
		`sim: Drift.Deletes is -1; it must lie between 0 and 10000`:              {Drift: sim.Drift{Deletes: -1}},
		`sim: Faults[0].Rate is 2; it must lie between 0 and 1`:                  {Faults: []sim.FaultRule{{Fault: sim.Fault500, Rate: 2}}},
		`sim: OtherCalls is 21; it must lie between 0 and 20`:                    {OtherCalls: 21},
		"sim: Total is \"x\"; it must be one of exact, noisy, capped, stale, more, huge, null, absent\nsim: PageSize is -1; it must lie between 1 and 1000000": {Total: "x", PageSize: -1},
	} {
		if _, err := sim.New(o); err == nil || err.Error() != message {
			t.Errorf("got %v; want %s", err, message)
		}
	}
	if _, err := sim.New(sim.Options{Faults: []sim.FaultRule{{Fault: "fire"}}}); err == nil || !strings.Contains(err.Error(), `Faults[0].Fault is "fire"`) {
		t.Errorf("got %v", err)
	}
}
