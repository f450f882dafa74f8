package lemlist

import (
	"time"

	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// inFlightShare is the share of the memory budget that pages in flight may take: a
// quarter.
const inFlightShare = 4

// firstGuess is the round trip that is expected before one is known.
const firstGuess = 200 * time.Millisecond

// pageCost is how many times the bytes of its rows a page takes at most while it
// is fetched and decoded: the body, what the decoder gathers, the record.
const pageCost = 4

// concurrency decides how many requests should be in flight to use the rate limit up.
type concurrency struct {
	roundTrip time.Duration // the latest ones count more
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
		c.largest = max(c.largest, util.TotalRecordSize(a.got.page.Record))
	}
	// By the wall clock, which is what a journal keeps: a walk that is taken over
	// must decide as it did.
	if took := a.got.Arrived.Round(0).Sub(a.got.Sent.Round(0)); a.err == nil && took > 0 {
		c.roundTrip += (took - c.roundTrip) / 4
	}
}

// size is the number of requests that keep the limiter busy: the round trip in
// units of the time between two requests, and one more for the time an answer
// spends with us. When one request at a time is enough, it is 1.
func (c *concurrency) size() int {
	const every = ratelimit.Window / ratelimit.Requests
	return min(max(int((c.roundTrip+every/3)/every)+1, 1), c.most())
}

// most is how many requests may be in flight: the next page may be as large as
// the largest.
func (c *concurrency) most() int {
	return int(min(max(c.memory/max(c.largest*pageCost, 1), 1), prover.MostInFlight))
}

// dispatch sends what can be asked now. While there are too few requests in
// flight it begins another user's list, or else another segment of the list that
// has the most pages for one. When nothing is in flight any more, the lists are
// looked at once more.
func (w *walk) dispatch(f *inFlight) {
	size, most := w.concurrency.size(), w.concurrency.most()
	for {
		for _, in := range w.asking {
			if f.count >= size {
				break
			}
			limit := size
			if in.prover.Traversing() {
				limit = most
			}
			w.ask(f, in, size, limit)
		}
		for _, in := range w.traversals { // what has begun goes on, beyond that number
			w.ask(f, in, size, most)
		}
		more := size - f.count
		if more <= 0 || !w.begin() && !w.split(more) && (f.count > 0 || !w.sweepAgain()) {
			return
		}
	}
}

// ask sends what a list asks for where size requests should be in flight, until most are.
func (w *walk) ask(f *inFlight, in *inbox, size, most int) {
	for f.count < most {
		asked, ok := in.prover.Next(size)
		if !ok {
			return
		}
		f.send(in, asked)
	}
}

// begin begins the list of the next user.
func (w *walk) begin() bool {
	if len(w.inboxes) == len(w.users) {
		return false
	}
	in := &inbox{number: len(w.inboxes), user: w.users[len(w.inboxes)], prover: prover.New(w.proverMargin())}
	if mark, ok := w.since[in.user]; ok {
		in.prover = prover.NewSince(prover.Watermark(mark), w.proverMargin())
	}
	w.inboxes = append(w.inboxes, in)
	w.update(in)
	return true
}

// proverMargin is the margin of the walk as the prover knows it.
func (w *walk) proverMargin() prover.Margin {
	return prover.Margin{Lookback: w.margin.Lookback, Settle: w.margin.Settle}
}

// split begins a segment where it helps most.
func (w *walk) split(more int) bool {
	var longest *inbox
	var most int64
	for _, in := range w.traversals {
		if spare := in.prover.Spare(); spare > most {
			longest, most = in, spare
		}
	}
	return longest != nil && longest.prover.Split(more)
}
