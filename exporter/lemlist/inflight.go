package lemlist

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/prover"
)

// flights are the page requests under way. It belongs to one goroutine; only
// the requests run beside it.
type flights struct {
	ctx    context.Context //nolint:containedctx // of this set of requests, made here
	cancel context.CancelFunc
	list   fetcher
	flying int
	landed chan landed // has room for all
	// keepBodies asks for the bodies of the pages, for the journal.
	keepBodies bool
	running    sync.WaitGroup
	// held are requests that are not sent, as long as an earlier walk may have
	// their answers; on says that this is so.
	on   bool
	held []landed
}

// landed is what became of a request.
type landed struct {
	from  *inbox
	asked prover.Request
	got   response
	err   error
}

func newFlights(ctx context.Context, l fetcher, keepBodies bool) *flights {
	f := &flights{list: l, keepBodies: keepBodies, landed: make(chan landed, prover.MostInFlight)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f
}

// send starts a request; at most prover.MostInFlight may be in flight.
func (f *flights) send(from *inbox, asked prover.Request) {
	f.flying++
	if f.on {
		f.held = append(f.held, landed{from: from, asked: asked})
		return
	}
	f.start(from, asked)
}

func (f *flights) start(from *inbox, asked prover.Request) {
	f.running.Go(func() {
		sent := time.Now()
		got, err := f.fetch(from, asked)
		if err != nil {
			got.Sent, got.Arrived = sent, time.Now()
		}
		f.landed <- landed{from: from, asked: asked, got: got, err: err}
	})
}

// longestPause bounds the wait before a request, should the clock be set back.
const longestPause = time.Minute

// fetch sends a request when its time has come.
func (f *flights) fetch(from *inbox, asked prover.Request) (response, error) {
	if wait := min(time.Until(asked.After), longestPause); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-f.ctx.Done():
			return response{}, f.ctx.Err()
		}
	}
	return f.list.fetch(f.ctx, pageRequest{user: from.user, page: asked.Page, size: asked.Size, keepBody: f.keepBodies})
}

// hold keeps requests back from now on.
func (f *flights) hold() { f.on = true }

// release sends what was held back, and holds nothing back any more.
func (f *flights) release() {
	f.on = false
	for _, one := range f.held {
		f.start(one.from, one.asked)
	}
	f.held = nil
}

// answer takes a held request that has its answer.
func (f *flights) answer(user string, asked prover.Request) (landed, bool) {
	i := slices.IndexFunc(f.held, func(one landed) bool { return one.from.user == user && one.asked.Same(asked) })
	if i < 0 {
		return landed{}, false
	}
	one := f.held[i]
	f.held = slices.Delete(f.held, i, i+1)
	f.flying--
	return one, true
}

// wait returns what has arrived next. The receiver releases its record.
func (f *flights) wait() landed {
	f.flying--
	return <-f.landed
}

// land stops every request and waits until none is left. What they cost is
// still counted.
func (f *flights) land() {
	f.cancel()
	f.flying -= len(f.held)
	f.held = nil
	f.running.Wait()
	for f.flying > 0 {
		late := f.wait()
		late.from.spent.Add(late.got.Cost)
		late.got.Place.Release()
		if late.err == nil {
			late.got.page.Record.Release()
		}
	}
}
