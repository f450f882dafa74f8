package client

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

// The rows are those of the API's list of errors, and the answers that its users
// have met. The message is what follows the request.
func TestEveryErrorOfTheAPIIsUnderstood(t *testing.T) {
	t.Parallel() // it waits most of the time
	const (
		html  = "text/html; charset=utf-8"
		plain = "text/plain; charset=utf-8"
		jason = "application/json; charset=utf-8"
		shell = "<!DOCTYPE html>\n<html><head><title>lemlist</title></head><body></body></html>"
	)
	const untilLate = 0 // requests are sent until there is no more time
	for name, test := range map[string]struct {
		status   int
		kind     string
		body     string
		problem  problem
		remedy   remedy
		requests int64
		message  string
		hint     string
	}{
		"wrong key":                {401, plain, "The authentication you supplied is incorrect", problemKey, remedyStop, 1, "401 Unauthorized: The authentication you supplied is incorrect", "api_key"},
		"wrong key, JSON":          {401, jason, `{"error":"Unauthorized"}`, problemKey, remedyStop, 1, "401 Unauthorized: Unauthorized", "api_key"},
		"no key":                   {400, plain, "No API key provided", problemKey, remedyStop, 1, "400 Bad Request: No API key provided", "api_key"},
		"bad team":                 {400, plain, "Bad team", problemTeam, remedyStop, 1, "400 Bad Request: Bad team", "lost their team"},
		"blocked user":             {403, plain, "User linked to this API key is blocked", problemBlocked, remedyStop, 1, "403 Forbidden: User linked to this API key is blocked", "is blocked"},
		"blocked machine":          {403, html, "<html><title>Attention Required!</title>", problemGuard, remedyStop, 1, `403 Forbidden: an HTML page titled "Attention Required!"`, "firewall"},
		"orphaned key":             {404, plain, "No user found for this API key", problemOrphan, remedyStop, 1, "404 Not Found: No user found for this API key", "no longer in lemlist"},
		"foreign user":             {400, plain, "User not in team", problemUser, remedySkip, 1, "400 Bad Request: User not in team", "Remove this user"},
		"foreign user, coded":      {400, jason, `{"success":false,"error":{"code":"USER_NOT_IN_TEAM","message":"User not in team"}}`, problemUser, remedySkip, 1, "400 Bad Request: User not in team", "Remove this user"},
		"no such page":             {404, plain, "Not found", problemMissing, remedyRefuse, 1, "404 Not Found: Not found", "Check endpoint"},
		"plan":                     {402, plain, "route is available starting emailPro plan", problemPlan, remedyRefuse, 1, "402 Payment Required: route is available starting emailPro plan", "plan"},
		"wrong method":             {405, "", "", problemRefused, remedyRefuse, 1, "405 Method Not Allowed", "newer lemexport"},
		"bad parameters":           {400, plain, "Bad params", problemRefused, remedyRefuse, 1, "400 Bad Request: Bad params", "newer lemexport"},
		"Meteor's check":           {400, plain, "Match error: Expected string, got number", problemRefused, remedyRefuse, 1, "400 Bad Request: Match error: Expected string, got number", "newer lemexport"},
		"user id missing":          {400, plain, "User ID is required", problemRefused, remedyRefuse, 1, "400 Bad Request: User ID is required", "newer lemexport"},
		"redirect":                 {302, html, "", problemRedirect, remedyRefuse, 1, "302 Found: a redirect to https://elsewhere.example.com/login", "never sent on"},
		"permanent redirect":       {308, "", "", problemRedirect, remedyRefuse, 1, "308 Permanent Redirect: a redirect to https://elsewhere.example.com/login", "never sent on"},
		"throttled":                {429, plain, "Too many requests", problemThrottled, remedyWait, untilLate, ": 429 Too Many Requests: Too many requests", "Another program"},
		"throttled, JSON":          {429, jason, `{"error":"Rate limit exceeded"}`, problemThrottled, remedyWait, untilLate, "429 Too Many Requests: Rate limit exceeded", "Another program"},
		"throttled, empty":         {429, "", "", problemThrottled, remedyWait, untilLate, "429 Too Many Requests", "Another program"},
		"internal error":           {500, plain, "Internal server error", problemServer, remedyRepeat, untilLate, "500 Internal Server Error: Internal server error", "status.lempire.com"},
		"internal error, empty":    {500, "", "", problemServer, remedyRepeat, untilLate, "500 Internal Server Error", "status.lempire.com"},
		"gateway":                  {502, html, "<html><head><title>502 Bad Gateway</title></head></html>", problemServer, remedyRepeat, untilLate, `502 Bad Gateway: an HTML page titled "502 Bad Gateway"`, "status.lempire.com"},
		"unavailable":              {503, html, "<html></html>", problemServer, remedyRepeat, untilLate, "503 Service Unavailable: an HTML page", "status.lempire.com"},
		"timeout of the request":   {408, plain, "Request Timeout", problemServer, remedyRepeat, untilLate, "408 Request Timeout: Request Timeout", "max_elapsed"},
		"gateway timeout":          {504, html, "<html></html>", problemServer, remedyRepeat, untilLate, "504 Gateway Timeout: an HTML page", "status.lempire.com"},
		"content network":          {524, html, "<title>524: A timeout occurred</title>", problemServer, remedyRepeat, untilLate, `524: an HTML page titled "524: A timeout occurred"`, "status.lempire.com"},
		"web page with 200":        {200, html, shell, problemWebPage, remedyRepeat, 3, `an HTML page titled "lemlist" instead of JSON`, "Check endpoint"},
		"web page posing as JSON":  {200, jason, shell, problemWebPage, remedyRepeat, 3, `an HTML page titled "lemlist" instead of JSON`, "Check endpoint"},
		"empty with 200":           {200, jason, "", problemGarbled, remedyRepeat, 6, "not a page: empty body", "not what lemlist documents"},
		"empty object":             {200, jason, "{}", problemGarbled, remedyRepeat, 6, "not a page: another form", "not what lemlist documents"},
		"array":                    {200, jason, "[]", problemGarbled, remedyRepeat, 6, "not a page: another form", "not what lemlist documents"},
		"truncated JSON":           {200, jason, apitest.EmptyPage[:40], problemGarbled, remedyRepeat, 6, "not a page: another form", "not what lemlist documents"},
		"text with 200":            {200, plain, "OK", problemGarbled, remedyRepeat, 6, "not a page: another form", "not what lemlist documents"},
		"object instead of a list": {200, jason, strings.Replace(apitest.EmptyPage, "[]", "{}", 1), problemGarbled, remedyRepeat, 6, "not a page: another form", "not what lemlist documents"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.kind != "" {
					w.Header().Set("Content-Type", test.kind)
				}
				w.Header().Set("Retry-After", "0") // on every answer, and no sign of anything
				w.Header().Set("Location", "https://user:pass@elsewhere.example.com/login?next=secret")
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
			})
			c, w := open(t, endpoint, withPolicy(func(p *Policy) {
				if p.Patience = 100 * time.Millisecond; test.remedy == remedyWait {
					p.Patience = 10 * ratelimit.ShortestThrottle
				}
			}))
			got, err := list(t.Context(), c, "usr_1", 1)
			failed, ok := errors.AsType[*Error](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if failed.problem != test.problem || failed.problem.remedy() != test.remedy {
				t.Errorf("problem %d, remedy %d", failed.problem, failed.problem.remedy())
			}
			if !strings.HasPrefix(err.Error(), "GET /inbox?") || !strings.Contains(err.Error(), "userId=usr_1: ") || !strings.Contains(err.Error(), test.message) {
				t.Errorf("message %q", err)
			}
			if gaveUp := strings.Contains(err.Error(), "gave up after"); gaveUp != (test.remedy == remedyRepeat || test.remedy == remedyWait) {
				t.Errorf("message %q", err)
			}
			if !strings.Contains(exporter.Hint(err), test.hint) {
				t.Errorf("hint %q", exporter.Hint(err))
			}
			if test.requests == untilLate && got.Cost.Requests > 2 { // how many are sent depends on the machine
				test.requests = got.Cost.Requests
			}
			if got.Cost.Requests != test.requests || got.Cost.Retries != test.requests-1 || got.Data != nil {
				t.Errorf("cost %+v", got.Cost)
			}
			if skip := errors.Is(err, ErrUserNotInTeam); skip != (test.remedy == remedySkip) {
				t.Errorf("skips: %t", skip)
			}
			if refused := errors.Is(err, ErrRefused); refused != (test.problem == problemRefused && test.status == 400) {
				t.Errorf("refuses the page: %t", refused)
			}
			throttled := int64(len(apitest.Seen[exporter.Throttled](w)))
			if retried := int64(len(apitest.Seen[exporter.RequestRetried](w))); retried+throttled != got.Cost.Retries {
				t.Errorf("%d retries, %d events", got.Cost.Retries, retried+throttled)
			}
			opensNothing := test.problem == problemKey || test.problem == problemOrphan || test.problem == problemTeam
			if errors.Is(err, exporter.ErrKeyRefused) != opensNothing || opensNothing && errors.Is(err, exporter.ErrNoAccess) {
				t.Errorf("the key is refused: %t", errors.Is(err, exporter.ErrKeyRefused))
			}
			if test.problem == problemThrottled && got.Cost.Throttled != test.requests {
				t.Errorf("cost %+v", got.Cost)
			}
		})
	}
}

// A person must be able to act on every problem.
func TestEveryProblemHasAHintOfWholeSentences(t *testing.T) {
	for p := problemKey; p <= problemGarbled; p++ {
		if hint := p.hint(); !strings.HasSuffix(hint, ".") || strings.Contains(hint, "  ") {
			t.Errorf("problem %d: hint %q", p, hint)
		}
	}
}
