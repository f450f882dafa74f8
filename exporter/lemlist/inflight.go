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
	// later are the times before which requests in flight must not be sent, and latest is
	// when the latest response came, as the journal states it.
	later   []time.Time
	latest  time.Time
	running sync.WaitGroup
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
	if !asked.After.IsZero() {
		f.later = append(f.later, asked.After.Round(0))
	}
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

// busy is the number of requests in flight, less those that wait for their time. By the times
// of the journal, so that a walk that takes over decides as the earlier one did.
func (f *inFlight) busy() int {
	waiting := 0
	for _, after := range f.later {
		if after.After(f.latest) {
			waiting++
		}
	}
	return f.count - waiting
}

// returned notes that a request is in flight no more.
func (f *inFlight) returned(asked prover.Request) {
	f.count--
	if i := slices.Index(f.later, asked.After.Round(0)); i >= 0 {
		f.later = slices.Delete(f.later, i, i+1)
	}
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
	f.returned(asked)
	return one, true
}

// wait returns what arrives next. The receiver releases its record.
func (f *inFlight) wait() arrival {
	a := <-f.arrivals
	f.returned(a.asked)
	return a
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
