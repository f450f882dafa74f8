package lemlist

import (
	"errors"
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
)

// A walk can be continued because all it decides follows from the answers, in
// the order in which they came (see prover and dispatch). The journal keeps
// them in that order. The walk that takes over asks the same questions and is
// given the same answers, until the journal ends; then it sends what the earlier
// one had in flight, and enters that it took over: a third walk must decide as the
// second did from there on. To the lists the time in between is a long time between two
// requests, which the argument of docs/walk.md allows. Lists that were proven
// already are looked at once more, so that they are as new as the rest.

// open looks what an earlier walk has left.
func (w *walk) open(f *flights) {
	if w.journal == nil {
		return
	}
	w.scribe, w.past = new(scribe), newPast(w.journal)
	f.hold()
}

// await returns the next answer, from the journal or from the API; false is the
// end of the walk.
func (w *walk) await(f *flights) (landed, bool, error) {
	if w.past != nil {
		a, ok, err := w.recall(f)
		if ok || err != nil {
			return a, ok, err
		}
		if err := w.live(f); err != nil {
			return landed{}, false, err
		}
	}
	if f.flying == 0 {
		return landed{}, false, nil
	}
	return f.wait(), true, nil
}

// recall takes the next answer from the journal. It reports false when there is
// none, or when it answers nothing that was asked: then the rest of the journal
// is of no use.
func (w *walk) recall(f *flights) (landed, bool, error) {
	kept, ok, err := w.past.next()
	for ok && err == nil && kept.head.Kind == entryTakeover {
		w.reopen()
		w.dispatch(f)
		kept, ok, err = w.past.next()
	}
	if !ok || err != nil {
		return landed{}, false, err
	}
	a, ok := f.answer(kept.head.User, kept.head.request())
	if !ok {
		return landed{}, false, nil
	}
	if a.got, a.err, err = w.past.listing(kept); err != nil {
		return landed{}, false, fmt.Errorf("journal: %w", err)
	}
	if a.err == nil {
		if w.resumed++; w.resumed == 1 {
			w.from = a.got.Sent
		}
	}
	return a, true, nil
}

// live ends the taking over.
func (w *walk) live(f *flights) error {
	w.past.close()
	w.past = nil
	if w.resumed > 0 {
		entry, err := w.scribe.entry(entryHead{Kind: entryTakeover}, client.Body{})
		if err == nil {
			err = w.journal.Append(entry)
		}
		if err != nil {
			return err
		}
		w.obs.Observe(exporter.Resumed{Pages: w.resumed, From: w.from})
	}
	w.reopen()
	f.release()
	w.dispatch(f)
	return nil
}

// reopen has the lists that are proven looked at once more.
func (w *walk) reopen() {
	for _, in := range w.inboxes {
		if in.prover != nil {
			in.prover.Reopen()
		}
	}
}

// note keeps an answer that came from the API and has been taken.
func (w *walk) note(a landed) error {
	if w.scribe == nil || w.past != nil {
		return nil
	}
	head := entryHead{
		User: a.from.user, Strand: a.asked.Segment, Number: a.asked.Number, Page: a.asked.Page, Size: a.asked.Size,
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
	entry, err := w.scribe.entry(head, a.got.Body)
	if err != nil {
		return err
	}
	return w.journal.Append(entry)
}

// entryHead is the head of a journal entry, in JSON. Behind it and a line feed
// stands the answer's body.
type entryHead struct {
	Kind      string    `json:"kind"`
	Coding    string    `json:"coding,omitempty"` // of the body
	User      string    `json:"user"`
	Strand    int       `json:"strand"`
	Number    int64     `json:"number"`
	Page      int64     `json:"page"`
	Size      int64     `json:"size,omitempty"`
	Sent      time.Time `json:"sent"`
	Arrived   time.Time `json:"arrived"`
	Requests  int64     `json:"requests"`
	Retries   int64     `json:"retries"`
	Throttled int64     `json:"throttled"`
}

// The kinds of entries.
const (
	entryPage    = "page"
	entryRefused = "refused" // the page: client.ErrRefused
	entrySkipped = "skipped" // the user: client.ErrUserNotInTeam
	// From here on it is another walk that asks.
	entryTakeover = "takeover"
)

func (h entryHead) request() prover.Request {
	return prover.Request{Segment: h.Strand, Number: h.Number, Page: h.Page, Size: h.Size}
}
