package ratelimit

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// arrival is the clock of these tests: Tue Feb 16 2021 08:02:40.250 UTC.
func arrival() time.Time { return time.Date(2021, 2, 16, 8, 2, 40, 250e6, time.UTC) }

func TestThrottleWaitObeysEveryFormOfTheHeaders(t *testing.T) {
	for name, test := range map[string]struct {
		retryAfter, reset, date string
		want                    time.Duration
	}{
		"whole seconds":                        {retryAfter: "2", want: 2 * time.Second},
		"fractional seconds":                   {retryAfter: "1.342", want: 1342 * time.Millisecond},
		"fractions of a millisecond round up":  {retryAfter: "0.40001", want: 401 * time.Millisecond},
		"zero waits at least 100 ms":           {retryAfter: "0", want: 100 * time.Millisecond},
		"0.4 is not cut to zero":               {retryAfter: "0.4", want: 400 * time.Millisecond},
		"negative waits at least 100 ms":       {retryAfter: "-5", want: 100 * time.Millisecond},
		"an hour is cut to a minute":           {retryAfter: "3600", want: time.Minute},
		"beyond any clock":                     {retryAfter: "99999999999999999999999999", want: time.Minute},
		"beyond any float":                     {retryAfter: strings.Repeat("9", 400), want: time.Minute},
		"a date beyond any duration":           {retryAfter: "Fri, 31 Dec 9999 23:59:59 GMT", want: time.Minute},
		"a reset beyond any duration":          {reset: "9999-12-31T23:59:59Z", date: "Mon, 01 Jan 0001 00:00:00 GMT", want: time.Minute},
		"a date before any duration":           {retryAfter: "0001-01-01T00:00:00Z", date: "Fri, 31 Dec 9999 23:59:59 GMT", want: 100 * time.Millisecond},
		"a date of JavaScript, on CET":         {retryAfter: "Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)", want: 3 * time.Second},
		"a date of JavaScript, on UTC":         {retryAfter: "Tue Feb 16 2021 08:02:42 GMT+0000 (Coordinated Universal Time)", want: 3 * time.Second},
		"a date of JavaScript without name":    {retryAfter: "Tue Feb 16 2021 08:02:42 GMT+0000", want: 3 * time.Second},
		"an HTTP date":                         {retryAfter: "Tue, 16 Feb 2021 08:02:45 GMT", want: 6 * time.Second},
		"an ISO date":                          {retryAfter: "2021-02-16T08:02:41.000Z", want: 2 * time.Second},
		"a date that is over":                  {retryAfter: "Tue, 16 Feb 2021 08:00:00 GMT", want: 100 * time.Millisecond},
		"dates are by the server's clock":      {retryAfter: "Tue, 16 Feb 2021 10:00:05 GMT", date: "Tue, 16 Feb 2021 10:00:00 GMT", want: 6 * time.Second},
		"seconds are not by any clock":         {retryAfter: "7", date: "Tue, 16 Feb 2021 10:00:00 GMT", want: 7 * time.Second},
		"nothing at all is the window":         {want: 2 * time.Second},
		"nonsense is the window":               {retryAfter: "soon", want: 2 * time.Second},
		"infinity is nonsense":                 {retryAfter: "Inf", want: 2 * time.Second},
		"no number is nonsense":                {retryAfter: "NaN", want: 2 * time.Second},
		"a hexadecimal number is nonsense":     {retryAfter: "0x10", want: 2 * time.Second},
		"without Retry-After the reset counts": {reset: "Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)", want: 3 * time.Second},
		"a nonsense Retry-After, a good reset": {retryAfter: "soon", reset: "Tue Feb 16 2021 08:02:42 GMT+0000 (Coordinated Universal Time)", want: 3 * time.Second},
		"Retry-After wins over the reset":      {retryAfter: "1", reset: "Tue Feb 16 2021 08:02:59 GMT+0000", want: time.Second},
		"a reset in Unix seconds":              {reset: "1613462564", want: 3750 * time.Millisecond},
		"a reset in Unix milliseconds":         {reset: "1613462562250", want: 2 * time.Second},
		"a reset in seconds from now":          {reset: "5", want: 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for key, value := range map[string]string{"Retry-After": test.retryAfter, "X-RateLimit-Reset": test.reset, "Date": test.date} {
				if value != "" {
					header.Set(key, value)
				}
			}
			if got := ThrottleWait(header, arrival()); got != test.want {
				t.Errorf("wait %s, want %s", got, test.want)
			}
		})
	}
}

func TestBudgetHeadersAreTakenOnlyWhenTheyMakeSense(t *testing.T) {
	for _, test := range []struct {
		limit, remaining string
		ok               bool
	}{
		{"20", "7", true}, {" 20 ", "0", true}, {"20", "20", true},
		{"", "7", false}, {"20", "", false}, {"0", "0", false}, {"20", "21", false},
		{"20", "-1", false}, {"many", "7", false}, {"20", "7.5", false},
	} {
		header := http.Header{}
		header.Set("X-RateLimit-Limit", test.limit)
		header.Set("X-RateLimit-Remaining", test.remaining)
		if _, _, ok := ParseBudget(header); ok != test.ok {
			t.Errorf("limit %q, remaining %q: %t", test.limit, test.remaining, ok)
		}
	}
}

func FuzzThrottleWaitStaysWithinItsBounds(f *testing.F) {
	for _, seed := range []string{"2", "1.342", "-1", "1e400", "NaN", "0x1p-2", "Tue Feb 16 2021 09:02:42 GMT+0100 (CET)",
		"Tue, 16 Feb 2021 08:02:45 GMT", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1613462562250", "--", "+.", "99999999999999999999"} {
		f.Add(seed, "")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, retryAfter, reset string) {
		header := http.Header{"Retry-After": {retryAfter}, "X-Ratelimit-Reset": {reset}, "X-Ratelimit-Remaining": {reset}, "X-Ratelimit-Limit": {retryAfter}}
		if wait := ThrottleWait(header, arrival()); wait < ShortestThrottle || wait > LongestThrottle {
			t.Errorf("wait %s", wait)
		}
		if limit, remaining, ok := ParseBudget(header); ok && (limit < 1 || remaining < 0 || remaining > limit) {
			t.Errorf("limit %d, remaining %d", limit, remaining)
		}
	})
}
