package client

import (
	"cmp"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// Policy bounds what a client waits for and how often it repeats a request. The API
// documents only the rate limit; responses usually take 0.1 to 0.25 s, rarely minutes.
type Policy struct {
	Dial      time.Duration // to connect
	Handshake time.Duration // for TLS
	Header    time.Duration // until the first byte of the response
	Stall     time.Duration // without a byte of the body
	Attempt   time.Duration // for one attempt in all

	Attempts      int           // failures of one request that end it while nothing has worked yet
	FirstAttempts int           // the same where the endpoint may simply be wrong
	Patience      time.Duration // from the first attempt of one request to the last
	FirstWait     time.Duration // the most to wait after the first failure; doubles
	LongestWait   time.Duration // the most to wait after any failure

	LeastThrottle  time.Duration // the least wait after the first 429; doubles
	Repeats        int           // repeated requests of a run, beyond some for every good response
	ErrorBodyBytes int64         // bytes read of the body of an error
}

// DefaultPolicy is the policy that tries one request for so long; 0 is
// [exporter.DefaultMaxElapsed]. At most inFlight requests are in flight at the same time.
func DefaultPolicy(maxElapsed time.Duration, inFlight int) Policy {
	const longestWait = 20 * time.Second
	patience := cmp.Or(maxElapsed, exporter.DefaultMaxElapsed)
	return Policy{
		Dial:      10 * time.Second,
		Handshake: 10 * time.Second,
		Header:    60 * time.Second,
		Stall:     30 * time.Second,
		Attempt:   150 * time.Second,

		Attempts:      6,
		FirstAttempts: 3,
		Patience:      patience,
		FirstWait:     time.Second,
		LongestWait:   longestWait,

		LeastThrottle: 100 * time.Millisecond,
		// In an outage every request in flight fails again and again. The waits are half
		// of the longest on average.
		Repeats:        200 + 4*inFlight*int(patience/longestWait),
		ErrorBodyBytes: 64 << 10,
	}
}

// mostBeforeWorking is the number of failures that ends the attempts at an endpoint
// that has not worked yet; 0 means no bound. A server that reports its own trouble is not
// a wrong endpoint.
func (p Policy) mostBeforeWorking(problem problem) int {
	switch {
	case problem == problemServer, problem == problemThrottled:
		return 0
	case problem == problemProxyGateway:
		return 1
	case problem.looksMisdirected():
		return p.FirstAttempts
	default:
		return p.Attempts
	}
}
