package lemlist

import (
	"context"
	"errors"
	"fmt"
	"iter"

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
	obs         exporter.Observer
	unknown     schema.Names
	concurrency concurrency
	inboxes     inboxes
	takeover    takeover
	ended       bool
}

// newWalk makes a walk over the inboxes of users, in that order. Nothing is
// read before Pages is ranged over.
func newWalk(ctx context.Context, from fetcher, users []string, margin exporter.Margin, obs exporter.Observer) *walk {
	return &walk{
		ctx: ctx, fetcher: from, listColumns: columnsOf(schema.InboxConversations()), obs: obs,
		concurrency: newConcurrency(), inboxes: inboxes{users: users, margin: margin},
	}
}

// Pages reads every inbox and yields every page read, those read again included.
//
// All decisions are made here, between two pages; only the requests run beside.
// So a slow consumer holds no more than the pages in flight.
func (w *walk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		f := newInFlight(w.ctx, w.fetcher, w.takeover.journal != nil)
		defer w.interrupt()
		defer f.stop()
		w.takeover.open(f)
		var err error
		more := true
		for more && err == nil {
			w.dispatch(f)
			var a arrival
			if a, more, err = w.await(f); !more || err != nil {
				break
			}
			f.latest = later(f.latest, a.got.Arrived.Round(0))
			w.concurrency.learn(a)
			more, err = w.receive(a, yield)
			a.got.Place.Release() // its rows have been read
			if err == nil {
				err = w.takeover.note(a)
			}
			w.inboxes.update(a.from)
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

// dispatch sends what can be asked now. While there are too few requests in
// flight it begins another user's list, or else another segment of the list that
// has the most pages for one. A request that waits for its time keeps no other from being
// sent. When nothing is in flight any more, the lists are looked at once more.
func (w *walk) dispatch(f *inFlight) {
	size, most := w.concurrency.size(), w.concurrency.most()
	for {
		for _, in := range w.inboxes.asking {
			if f.busy() >= size {
				break
			}
			limit := size
			if in.prover.Traversing() {
				limit = most
			}
			w.ask(f, in, size, limit, most)
		}
		for _, in := range w.inboxes.traversals { // what has begun goes on, beyond that number
			w.ask(f, in, size, most, most)
		}
		busy := f.busy()
		limit := min(size, busy+most-f.count)
		if busy >= limit || !w.inboxes.begin() && !w.inboxes.split(limit, busy) && (f.count > 0 || !w.inboxes.sweepAgain()) {
			return
		}
	}
}

// ask sends what a list asks for where size requests should be in flight, until limit are,
// or most with those that wait for their time.
func (w *walk) ask(f *inFlight, in *inbox, size, limit, most int) {
	for f.busy() < limit && f.count < most {
		asked, ok := in.prover.Next(size)
		if !ok {
			return
		}
		f.send(in, asked)
	}
}

// await returns the next response, from the journal or from the API. It reports false at
// the end of the walk.
func (w *walk) await(f *inFlight) (arrival, bool, error) {
	for w.takeover.replaying() {
		a, came, err := w.takeover.next(f)
		if err != nil || came == replayedResponse {
			return a, err == nil, err
		}
		if came == replayedEnd && w.takeover.pages > 0 {
			w.obs.Observe(exporter.Resumed{Pages: w.takeover.pages, From: w.takeover.from})
		}
		w.inboxes.reopen()
		if came == replayedEnd {
			f.goLive()
		}
		w.dispatch(f)
	}
	if f.count == 0 {
		return arrival{}, false, nil
	}
	return f.wait(), true, nil
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
		UnknownFields: a.got.page.UnknownFields, Recalled: w.takeover.replaying(), Surveyed: a.got.surveyed,
	}, nil), nil
}

// denied handles the response that a user is not in the team. The API may say so by mistake:
// a user is skipped when the first page is refused twice and no page ever came.
func (w *walk) denied(a arrival) {
	in := a.from
	if in.prover.Deny(a.asked, a.got.Arrived, client.ErrUserNotInTeam.Error()) {
		in.skipped = &exporter.SkippedPartition{Partition: in.user, Reason: client.ErrUserNotInTeam.Error()}
		w.obs.Observe(exporter.PartitionSkipped{SkippedPartition: *in.skipped})
	}
}

// interrupt ends the lists that are still being read.
func (w *walk) interrupt() {
	w.takeover.close()
	w.inboxes.stop(w.ended)
}

// Proof is the account of the walk. It is complete when Pages has ended and the
// list of every user of the team that the API gives was proven.
func (w *walk) Proof() exporter.Proof {
	proof := proofOfInboxes(w.inboxes.begun)
	margin := w.inboxes.margin
	proof.Margin = &exporter.ProofMargin{LookbackSeconds: margin.Lookback.Seconds(), SettleSeconds: margin.Settle.Seconds()}
	if proof.Resumed = w.takeover.pages; proof.Resumed > 0 {
		proof.ResumedFrom = &w.takeover.from
	}
	switch {
	case !w.ended && len(proof.Reasons) == 0:
		proof.Reasons = append(proof.Reasons, "the walk did not reach its end")
	case w.ended && len(proof.Partitions) == 0:
		proof.Reasons = append(proof.Reasons, "no inbox could be read")
	}
	proof.Complete = len(proof.Reasons) == 0
	return proof
}
