package lemlist

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/prover"
)

// inFlight are the requests for pages that are in flight. It belongs to one goroutine;
// only the requests run beside it.
type inFlight struct {
	ctx     context.Context //nolint:containedctx // of this set of requests, made here
	cancel  context.CancelFunc
	fetcher fetcher
	// keepBodies asks for the bodies of the pages, for the journal.
	keepBodies bool
	count      int
	arrivals   chan arrival // has room for all
	running    sync.WaitGroup
	// pending are requests that are not sent, as long as the journal of an earlier walk may
	// have their responses; replaying says that this is so.
	replaying bool
	pending   []arrival
}

// arrival is what became of a request.
type arrival struct {
	from  *inbox
	asked prover.Request
	got   response
	err   error
}

func newInFlight(ctx context.Context, from fetcher, keepBodies bool) *inFlight {
	f := &inFlight{fetcher: from, keepBodies: keepBodies, arrivals: make(chan arrival, prover.MostInFlight)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f
}

// send starts a request; at most prover.MostInFlight may be in flight.
func (f *inFlight) send(from *inbox, asked prover.Request) {
	f.count++
	if f.replaying {
		f.pending = append(f.pending, arrival{from: from, asked: asked})
		return
	}
	f.start(from, asked)
}

func (f *inFlight) start(from *inbox, asked prover.Request) {
	first := asked.Number == 1 && asked.Segment == 0 && from.prover.Traversing()
	f.running.Go(func() {
		sent := time.Now()
		got, err := f.fetch(from, asked, first)
		if err != nil {
			got.Sent, got.Arrived = sent, time.Now()
		}
		f.arrivals <- arrival{from: from, asked: asked, got: got, err: err}
	})
}

// longestPause bounds the wait before a request, should the clock be set back.
const longestPause = time.Minute

// fetch sends a request when its time has come.
func (f *inFlight) fetch(from *inbox, asked prover.Request, first bool) (response, error) {
	if wait := min(time.Until(asked.After), longestPause); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-f.ctx.Done():
			return response{}, f.ctx.Err()
		}
	}
	return f.fetcher.fetch(f.ctx, pageRequest{user: from.user, page: asked.Page, size: asked.Size, keepBody: f.keepBodies, first: first})
}

// replay keeps requests back from now on.
func (f *inFlight) replay() { f.replaying = true }

// goLive sends the pending requests, and keeps none back any more.
func (f *inFlight) goLive() {
	f.replaying = false
	for _, one := range f.pending {
		f.start(one.from, one.asked)
	}
	f.pending = nil
}

// takePending takes a pending request whose response is in the journal.
func (f *inFlight) takePending(user string, asked prover.Request) (arrival, bool) {
	i := slices.IndexFunc(f.pending, func(one arrival) bool { return one.from.user == user && one.asked.Same(asked) })
	if i < 0 {
		return arrival{}, false
	}
	one := f.pending[i]
	f.pending = slices.Delete(f.pending, i, i+1)
	f.count--
	return one, true
}

// wait returns what arrives next. The receiver releases its record.
func (f *inFlight) wait() arrival {
	f.count--
	return <-f.arrivals
}

// stop ends every request and waits until none is left. Their cost is still counted.
func (f *inFlight) stop() {
	f.cancel()
	f.count -= len(f.pending)
	f.pending = nil
	f.running.Wait()
	for f.count > 0 {
		late := f.wait()
		late.from.spent.Add(late.got.Cost)
		late.got.Place.Release()
		if late.err == nil {
			late.got.page.Record.Release()
		}
	}
}
