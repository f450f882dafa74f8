package exporter

import "time"

// The rate limit of the API: 20 requests in 2 seconds per key, over all routes
// (API doc: "Rate limits").
const (
	RateLimit  = 20
	RateWindow = 2 * time.Second
)

// LeastTime is the least time in which the rate limit allows that many requests.
func LeastTime(requests int64) time.Duration {
	return time.Duration(max(requests-1, 0)/RateLimit) * RateWindow
}
