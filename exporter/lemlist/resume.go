package lemlist

import (
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
)

// A walk can be continued because every decision follows from the responses, in the order
// in which they came (see prover and dispatch). The journal keeps them in that order. The
// walk that takes over makes the same requests and takes the responses from the journal,
// until the journal ends; then it sends what the earlier one had in flight, and notes in the
// journal that it took over: a third walk must decide as the second did from there on. The
// time in between counts as a long time between two requests, which the argument of
// docs/walk.md allows. Lists that were already proven are swept once more, so that they are
// as new as the rest.

// open opens the journal of an earlier walk.
func (w *walk) open(f *inFlight) {
	if w.journal == nil {
		return
	}
	w.writer, w.reader = new(journalWriter), newJournalReader(w.journal)
	f.replay()
}

// await returns the next response, from the journal or from the API. It reports false at
// the end of the walk.
func (w *walk) await(f *inFlight) (arrival, bool, error) {
	if w.reader != nil {
		a, ok, err := w.recall(f)
		if ok || err != nil {
			return a, ok, err
		}
		if err := w.live(f); err != nil {
			return arrival{}, false, err
		}
	}
	if f.count == 0 {
		return arrival{}, false, nil
	}
	return f.wait(), true, nil
}

// recall takes the next response from the journal. It reports false when there is none, or
// when no pending request matches it: then the rest of the journal is useless.
func (w *walk) recall(f *inFlight) (arrival, bool, error) {
	kept, ok, err := w.reader.next()
	for ok && err == nil && kept.head.Kind == entryTakeover {
		w.reopen()
		w.dispatch(f)
		kept, ok, err = w.reader.next()
	}
	if !ok || err != nil {
		return arrival{}, false, err
	}
	a, ok := f.takePending(kept.head.User, kept.head.request())
	if !ok {
		return arrival{}, false, nil
	}
	if a.got, a.err, err = w.reader.response(kept); err != nil {
		return arrival{}, false, fmt.Errorf("journal: %w", err)
	}
	if a.err == nil {
		if w.resumed++; w.resumed == 1 {
			w.from = a.got.Sent
		}
	}
	return a, true, nil
}

// live goes on with the API where the journal ends.
func (w *walk) live(f *inFlight) error {
	w.reader.close()
	w.reader = nil
	if w.resumed > 0 {
		entry, err := w.writer.entry(entryHead{Kind: entryTakeover}, client.Body{})
		if err == nil {
			err = w.journal.Append(entry)
		}
		if err != nil {
			return err
		}
		w.obs.Observe(exporter.Resumed{Pages: w.resumed, From: w.from})
	}
	w.reopen()
	f.goLive()
	w.dispatch(f)
	return nil
}

// reopen sweeps the proven lists once more.
func (w *walk) reopen() {
	for _, in := range w.inboxes {
		if in.prover != nil {
			in.prover.Reopen()
		}
	}
}

// note appends a response from the API to the journal.
func (w *walk) note(a arrival) error {
	if w.writer == nil || w.reader != nil {
		return nil
	}
	head := entryHead{
		User: a.from.user, Segment: a.asked.Segment, Number: a.asked.Number, Page: a.asked.Page, Size: a.asked.Size,
		Sent: a.got.Sent, Arrived: a.got.Arrived,
		Requests: a.got.Cost.Requests, Retries: a.got.Cost.Retries, Throttled: a.got.Cost.Throttled,
	}
	switch {
	case errors.Is(a.err, client.ErrUserNotInTeam):
		head.Kind = entrySkipped
	case a.err != nil:
		head.Kind = entryRefused
	default:
		head.Kind = entryPage
	}
	entry, err := w.writer.entry(head, a.got.Body)
	if err != nil {
		return err
	}
	return w.journal.Append(entry)
}
