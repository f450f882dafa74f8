package lemlist

import (
	"log/slog"
	"time"

	"github.com/lemexport/lemexport/exporter"
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
	// Ledger opens the ledger of a name, where this program and others that use the
	// same key share one rate limit; the source closes it. The name tells nothing of
	// the key. nil shares with nobody; nor does Unlimited.
	Ledger func(name string) Ledger

	// Memory is the budget of the run, in bytes, of which pages in flight take a
	// quarter at most, and the body of one answer an eighth; 0 is
	// [exporter.DefaultMemory].
	Memory int64

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

	attempts      int           // failures of one request before it is given up
	firstAttempts int           // the same while the endpoint may simply be wrong
	patience      time.Duration // that the failures of one request and the waits after them may take
	firstWait     time.Duration // the most to wait after the first failure; doubles
	longestWait   time.Duration // the most to wait after any failure

	throttles      int           // answers 429 in a row to one request
	throttledFor   time.Duration // waits after 429, in all, for one request
	leastThrottle  time.Duration // the least wait after the first 429; doubles
	repeats        int           // repeated requests of a run, beyond one for every good answer
	pageSizes      []int         // to ask for, one after the other; 0 leaves it to the server
	errorBodyBytes int64         // bytes read of the body of an error
}

func defaultPace() pace {
	return pace{
		dial:      10 * time.Second,
		handshake: 10 * time.Second,
		header:    60 * time.Second,
		stall:     30 * time.Second,
		attempt:   150 * time.Second,

		attempts:      6,
		firstAttempts: 3,
		patience:      5 * time.Minute,
		firstWait:     time.Second,
		longestWait:   20 * time.Second,

		throttles:     10,
		throttledFor:  5 * time.Minute,
		leastThrottle: 100 * time.Millisecond,
		repeats:       200,
		// The maximum of `limit` is not documented; public clients use 50 and 100.
		pageSizes:      []int{100, 50, 0},
		errorBodyBytes: 64 << 10,
	}
}
