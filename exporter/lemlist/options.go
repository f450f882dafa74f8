package lemlist

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// Options says which team to read, and how.
type Options struct {
	// Endpoint is the base URL of the API, for instance
	// https://api.lemlist.com/api. Plain http is for this machine only.
	Endpoint string
	// Key is the API key of one of the team's users. Required.
	Key exporter.Secret
	// Users are the ids of the users to read, in this order; empty means every
	// user of the team.
	Users []string
	// Observer receives events; nil is nobody.
	Observer exporter.Observer
	// Logger gets every attempt at level debug; nil logs nothing.
	Logger *slog.Logger
	// UserAgent names the program, for instance "lemexport/1.2.3"; "" is "lemexport".
	UserAgent string
	// Unlimited switches the rate limit off, for a simulation on this machine
	// that has none.
	Unlimited bool
	// Ledger returns the ledger of a name, in which the processes that use the same key
	// share its rate limit. The name does not reveal the key. nil shares with no process,
	// as Unlimited does.
	Ledger func(name string) ratelimit.Ledger

	// Memory is the budget of the run, in bytes, of which pages in flight take a
	// quarter at most, and the body of one answer an eighth; 0 is
	// [exporter.DefaultMemory].
	Memory int64

	// Margin is what the walk allows for clocks, caches and replicas; zero is
	// [exporter.DefaultMargin].
	Margin exporter.Margin

	// MaxElapsed is how long one request is tried before the run ends; 0 is
	// [exporter.DefaultMaxElapsed].
	MaxElapsed time.Duration

	// pace replaces the timing; tests shorten it.
	pace *pace
}

// pace holds every bound of the client. The API documents none but the rate
// limit; answers usually take 0.1 to 0.25 s, rarely minutes.
type pace struct {
	dial      time.Duration // to connect
	handshake time.Duration // for TLS
	header    time.Duration // until the first byte of the answer
	stall     time.Duration // without a byte of the body
	attempt   time.Duration // for one attempt in all

	attempts      int           // failures of one request that end it while nothing has worked yet
	firstAttempts int           // the same where the endpoint may simply be wrong
	patience      time.Duration // from the first attempt of one request to the last
	firstWait     time.Duration // the most to wait after the first failure; doubles
	longestWait   time.Duration // the most to wait after any failure

	leastThrottle  time.Duration // the least wait after the first 429; doubles
	repeats        int           // repeated requests of a run, beyond some for every good answer
	pageSizes      []int         // to ask for, one after the other; 0 leaves it to the server
	errorBodyBytes int64         // bytes read of the body of an error
}

// defaultPace is the pace that tries for so long; 0 is [exporter.DefaultMaxElapsed].
func defaultPace(maxElapsed time.Duration) pace {
	const longestWait = 20 * time.Second
	patience := cmp.Or(maxElapsed, exporter.DefaultMaxElapsed)
	return pace{
		dial:      10 * time.Second,
		handshake: 10 * time.Second,
		header:    60 * time.Second,
		stall:     30 * time.Second,
		attempt:   150 * time.Second,

		attempts:      6,
		firstAttempts: 3,
		patience:      patience,
		firstWait:     time.Second,
		longestWait:   longestWait,

		leastThrottle: 100 * time.Millisecond,
		// In an outage every request in flight fails again and again. The waits are half
		// of the longest on average.
		repeats: 200 + 4*mostFlying*int(patience/longestWait),
		// The maximum of `limit` is not documented; public clients use 50 and 100.
		pageSizes:      []int{100, 50, 0},
		errorBodyBytes: 64 << 10,
	}
}
