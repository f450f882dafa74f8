package lemlist

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
	"github.com/lemexport/lemexport/schema"
)

// inFlightShare is the share of the memory budget that pages in flight may take: a
// quarter.
const inFlightShare = 4

// firstGuess is the round trip that is expected before one is known.
const firstGuess = 200 * time.Millisecond

// rush is how long the requests of the first window may take to leave. The rate limit lets
// all of them leave at once, and those of every later window a window after them: what
// they lose, the whole walk loses.
const rush = 200 * time.Millisecond

// pageCost is how many times the bytes of its rows a page takes at most while it
// is fetched and decoded: the body, what the decoder gathers, the record.
const pageCost = 4

// concurrency decides how many requests should be in flight to use the rate limit up.
type concurrency struct {
	roundTrip time.Duration // the latest ones count more
	learned   int           // round trips
	// memory is what pages in flight may take together, in bytes; largest is the
	// largest page so far.
	memory, largest int64
}

func newConcurrency() concurrency {
	return concurrency{roundTrip: firstGuess, memory: exporter.DefaultMemory / inFlightShare}
}

// learn takes the round trip of a request.
func (c *concurrency) learn(a arrival) {
	if a.err == nil {
		c.largest = max(c.largest, int64(schema.RecordSize(a.got.page.Record)))
	}
	// By the wall clock, which is what a journal keeps: a walk that is taken over
	// must decide as it did.
	if took := a.got.Arrived.Round(0).Sub(a.got.Sent.Round(0)); a.err == nil && took > 0 {
		if c.learned++; c.learned == 1 {
			c.roundTrip = took
		}
		c.roundTrip += (took - c.roundTrip) / 4
	}
}

// size is the number of requests that keep the limiter busy: the round trip in
// units of the time between two requests, and one more for the time an answer
// spends with us. When one request at a time is enough, it is 1. In the first window it
// is as many as let the window's requests leave in a rush.
func (c *concurrency) size() int {
	every := ratelimit.Window / ratelimit.Requests
	if c.learned < ratelimit.Requests {
		every = rush / ratelimit.Requests
	}
	return min(max(int((c.roundTrip+every/3)/every)+1, 1), c.most())
}

// most is how many requests may be in flight: the next page may be as large as
// the largest.
func (c *concurrency) most() int {
	return int(min(max(c.memory/max(c.largest*pageCost, 1), 1), prover.MostInFlight))
}
