package ratelimit

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of the wait that rate headers ask for. Their forms vary: Retry-After has
// been seen as a whole number, may be fractional, and was once documented as a
// date; X-RateLimit-Reset is documented as JavaScript's Date.toString().
const (
	defaultThrottle  = 2 * time.Second // the window
	ShortestThrottle = 100 * time.Millisecond
	LongestThrottle  = time.Minute
)

// ThrottleWait is how long a 429 asks to wait: Retry-After, else X-RateLimit-Reset,
// else the window. now is when the answer came; the server's own Date is preferred,
// since dates in the headers are by its clock.
func ThrottleWait(header http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	wait, ok := parseRetryAfter(header.Get("Retry-After"), now)
	if !ok {
		wait, ok = parseReset(header.Get("X-RateLimit-Reset"), now)
	}
	if !ok {
		wait = defaultThrottle
	}
	return min(max(wait, ShortestThrottle), LongestThrottle)
}

// OutageWait is how long an error of the server asks to wait: Retry-After, which here
// may be as long as the outage; 0 when it says nothing.
func OutageWait(header http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	wait, _ := parseRetryAfter(header.Get("Retry-After"), now)
	return max(wait, 0)
}

// parseRetryAfter reads seconds, whole or not, or a date.
func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	if seconds, ok := parseNumber(value); ok {
		return inSeconds(seconds), true
	}
	return untilDate(value, now)
}

// parseReset reads a date, or the Unix time in seconds or milliseconds.
func parseReset(value string, now time.Time) (time.Duration, bool) {
	number, ok := parseNumber(value)
	if !ok {
		return untilDate(value, now)
	}
	const year2001 = 1e9
	switch {
	case number >= 1000*year2001:
		return inSeconds(number/1000 - float64(now.UnixMilli())/1000), true
	case number >= year2001:
		return inSeconds(number - float64(now.UnixMilli())/1000), true
	default:
		return inSeconds(number), true // seconds from now, as other APIs have it
	}
}

// parseNumber reads a decimal number, nothing else that Go takes for a float.
func parseNumber(value string) (float64, bool) {
	value = strings.TrimSpace(value)
	if value == "" || strings.Trim(value, "0123456789.+-") != "" {
		return 0, false
	}
	number, err := strconv.ParseFloat(value, 64)
	return number, err == nil || errors.Is(err, strconv.ErrRange) // one beyond any float is large
}

// inSeconds rounds up to a millisecond and keeps what no clock can hold small.
func inSeconds(seconds float64) time.Duration {
	const most = 1e6
	return time.Duration(math.Ceil(min(max(seconds, -most), most)*1000)) * time.Millisecond
}

// untilDate is the time until a date, by now. Both are cut to whole seconds, so
// that the end of the second has to be waited for.
func untilDate(value string, now time.Time) (time.Duration, bool) {
	date, ok := parseDate(value)
	if !ok {
		return 0, false
	}
	return inSeconds(date.Sub(now.Truncate(time.Second)).Seconds() + 1), true
}

// parseDate reads an HTTP date, or JavaScript's Date.toString() with or without
// the zone's name: `Tue Feb 16 2021 09:02:42 GMT+0100 (Central European Standard Time)`.
func parseDate(value string) (time.Time, bool) {
	value = strings.TrimSpace(value)
	if date, err := http.ParseTime(value); err == nil {
		return date, true
	}
	value, _, _ = strings.Cut(value, " (")
	for _, layout := range []string{"Mon Jan 02 2006 15:04:05 GMT-0700", time.RFC3339} {
		if date, err := time.Parse(layout, value); err == nil {
			return date, true
		}
	}
	return time.Time{}, false
}

// ParseBudget reads X-RateLimit-Limit and X-RateLimit-Remaining.
func ParseBudget(header http.Header) (limit, remaining int, ok bool) {
	limit, errLimit := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Limit")))
	remaining, errRemaining := strconv.Atoi(strings.TrimSpace(header.Get("X-RateLimit-Remaining")))
	ok = errLimit == nil && errRemaining == nil && limit >= 1 && remaining >= 0 && remaining <= limit
	return limit, remaining, ok
}
