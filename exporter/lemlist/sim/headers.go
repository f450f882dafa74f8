package sim

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// setRate writes the four rate headers, which stand on every answer, in the
// forms the options ask for.
func setRate(h http.Header, o *Options, q quota) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(q.limit))
	remaining := q.remaining
	if o.Remaining == RemainingZero {
		remaining = 0
	}
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	seconds := q.wait.Seconds()
	switch o.RetryAfter {
	case RetryAfterFractional:
		h.Set("Retry-After", strconv.FormatFloat(math.Ceil(seconds*1000)/1000, 'f', -1, 64))
	case RetryAfterZero:
		h.Set("Retry-After", "0")
	case RetryAfterJSDate:
		h.Set("Retry-After", jsDate(q.reset))
	case RetryAfterHTTPDate:
		h.Set("Retry-After", q.reset.Add(time.Second-1).UTC().Format(http.TimeFormat)) // rounded up
	case RetryAfterAbsent:
	default:
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(seconds))))
	}
	switch o.Reset {
	case ResetCET:
		cet := time.FixedZone("CET", 60*60)
		h.Set("X-RateLimit-Reset", q.reset.In(cet).Format("Mon Jan 02 2006 15:04:05")+" GMT+0100 (Central European Standard Time)")
	case ResetEpoch:
		h.Set("X-RateLimit-Reset", strconv.FormatInt(q.reset.Unix(), 10))
	case ResetAbsent:
	default:
		h.Set("X-RateLimit-Reset", jsDate(q.reset))
	}
}

// jsDate is JavaScript's Date.toString() on a server on UTC; it drops the milliseconds.
func jsDate(t time.Time) string {
	return t.UTC().Format("Mon Jan 02 2006 15:04:05") + " GMT+0000 (Coordinated Universal Time)"
}
