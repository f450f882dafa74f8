// Package pace knows how fast the rate limit lets a team be read: what tests and
// benchmarks compare a walk with.
package pace

import (
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// LeastTime is the least time between the first request and the last: no window holds
// more than its requests, page 1 of each list waits for the team, all else for
// page 1, and the sweep of each list for everything else.
func LeastTime(requests, users int, latency time.Duration) time.Duration {
	at := make([]time.Duration, requests)
	for i := range at {
		switch {
		case i >= requests-users:
			at[i] = at[requests-users-1] + latency
		case i > users:
			at[i] = 2 * latency
		case i > 0:
			at[i] = latency
		}
		if i >= ratelimit.Requests {
			at[i] = max(at[i], at[i-ratelimit.Requests]+ratelimit.Window)
		}
	}
	return at[requests-1]
}
