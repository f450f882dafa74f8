package ratelimit

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// The rate limit of the API: 20 requests in 2 seconds per key, over all routes
// (API doc: "Rate limits").
const (
	Requests = 20
	Window   = 2 * time.Second
)

// Rate is the limit as a survey states it.
func Rate() exporter.Rate { return exporter.Rate{Requests: Requests, Window: Window} }
