package lemlist

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// walk reads the inbox of every user, several at the same time when that takes
// less time, each until it is proven complete: see docs/walk.md. It implements
// exporter.Walk.
type walk struct {
	ctx     context.Context //nolint:containedctx // a walk is one run; Pages has no argument to carry it
	fetcher fetcher
	listColumns
	users       []string
	since       map[string]exporter.Mark // the watermarks of some users' lists
	obs         exporter.Observer
	unknown     schema.Names
	concurrency concurrency
	inboxes     []*inbox // those that have begun, in the order of users
	// In a large team most lists wait or are finished. asking has the others, and
	// traversals those of them that are being read from top to bottom.
	asking, traversals inboxList
	ended              bool
	margin             exporter.Margin
	retired            time.Time // when the latest page of the lists that are finished arrived

	journal exporter.Journal // nil when there is none
	reader  *journalReader   // of what an earlier walk has read, until all of it is taken over
	writer  *journalWriter   // nil without a journal
	resumed int64            // pages taken over
	from    time.Time        // when the first of them was asked for
}

// newWalk makes a walk over the inboxes of users, in that order. Nothing is
// read before Pages is ranged over.
func newWalk(ctx context.Context, from fetcher, users []string, margin exporter.Margin, obs exporter.Observer) *walk {
	return &walk{ctx: ctx, fetcher: from, listColumns: columnsOf(schema.InboxConversations()), users: users, margin: margin, obs: obs, concurrency: newConcurrency()}
}

// Pages reads every inbox and yields every page read, those read again included.
//
// All decisions are made here, between two pages; only the requests run beside.
// So a slow consumer holds no more than the pages in flight.
func (w *walk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		f := newInFlight(w.ctx, w.fetcher, w.journal != nil)
		defer w.interrupt()
		defer f.stop()
		w.open(f)
		var err error
		more := true
		for more && err == nil {
			w.dispatch(f)
			var a arrival
			if a, more, err = w.await(f); !more || err != nil {
				break
			}
			w.concurrency.learn(a)
			more, err = w.receive(a, yield)
			a.got.Place.Release() // its rows have been read
			if err == nil {
				err = w.note(a)
			}
			w.update(a.from)
			if !more && err == nil {
				return // the consumer wants no more
			}
		}
		f.stop() // nothing runs on while the consumer looks at an error
		if err != nil {
			yield(exporter.Page{}, err)
			return
		}
		w.ended = true
	}
}

// receive handles what has arrived. It reports false when the consumer wants no more.
func (w *walk) receive(a arrival, yield func(exporter.Page, error) bool) (bool, error) {
	in := a.from
	in.spent.Add(a.got.Cost)
	switch {
	case errors.Is(a.err, client.ErrUserNotInTeam):
		w.denied(a)
		return true, nil
	case errors.Is(a.err, client.ErrRefused) && in.prover.Refuse(a.asked):
		return true, nil
	case a.err != nil:
		in.prover.GiveUp(fmt.Sprintf("page %d could not be read", a.asked.Page))
		return false, fmt.Errorf("read page %d of the inbox of %s: %w", a.asked.Page, in.user, a.err)
	}
	return w.deliver(a, yield)
}

// statedBy returns what a page states about its place in the list.
func statedBy(says decode.Pagination) prover.Stated {
	return prover.Stated{Total: says.TotalItems, Current: says.CurrentPage, Next: says.NextPage, PerPage: says.PerPage}
}

// deliver shows a page to the prover, the observer and the consumer. It reports false when
// the consumer wants no more.
func (w *walk) deliver(a arrival, yield func(exporter.Page, error) bool) (bool, error) {
	rec := a.got.page.Record
	defer rec.Release()
	keys, err := w.table.Keys(rec)
	if err != nil {
		return false, err
	}
	keys = keys.Hashed()
	number, says := a.asked.Page, a.got.page.Pagination
	page := prover.NewPage(number, w.rowsOf(keys, rec), statedBy(says), a.got.Sent, a.got.Arrived)
	page.Audit = w.auditOf(keys, rec, a.from.user)
	a.from.prover.Observe(a.asked, page)
	w.obs.Observe(exporter.PageFetched{
		Partition: a.from.user, Page: number, Rows: int(rec.NumRows()),
		TotalItems: says.TotalItems, More: says.NextPage != nil,
	})
	for _, field := range a.got.page.UnknownFields {
		if w.unknown.Add(field) {
			w.obs.Observe(exporter.UnknownField{Field: field})
		}
	}
	return yield(exporter.Page{
		Partition: a.from.user, Number: number, Record: rec, Keys: keys,
		UnknownFields: a.got.page.UnknownFields, Recalled: w.reader != nil,
	}, nil), nil
}
