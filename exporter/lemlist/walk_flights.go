package lemlist

import (
	"context"
	"sync"
)

// mostFlying bounds the page requests in flight, and with them the pages in
// memory. The rate limit allows 20 requests in 2 s, so that more of them make
// no walk faster unless an answer takes longer than 1.5 s.
const mostFlying = 16

// flights are the page requests under way. It belongs to one goroutine; only
// the requests run beside it.
type flights struct {
	ctx     context.Context //nolint:containedctx // of this set of requests, made here
	cancel  context.CancelFunc
	list    lister
	flying  int
	landed  chan landed // has room for all
	running sync.WaitGroup
}

// landed is what became of a request.
type landed struct {
	from  *inbox
	asked request
	got   listing
	err   error
}

func newFlights(ctx context.Context, l lister) *flights {
	f := &flights{list: l, landed: make(chan landed, mostFlying)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f
}

// send starts a request; at most mostFlying may be in flight.
func (f *flights) send(from *inbox, asked request) {
	f.flying++
	f.running.Go(func() {
		got, err := f.list.list(f.ctx, from.user, asked.page)
		f.landed <- landed{from: from, asked: asked, got: got, err: err}
	})
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
	f.running.Wait()
	for f.flying > 0 {
		late := f.wait()
		late.from.spent.add(late.got.cost)
		if late.err == nil {
			late.got.page.Record.Release()
		}
	}
}
