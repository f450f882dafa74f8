package lemlist

import (
	"errors"
	"fmt"
	"time"

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

// takeover is the journal of a walk: what the walk takes over from an earlier one, and
// keeps for a later one. Without a journal it does nothing.
type takeover struct {
	journal exporter.Journal // nil when there is none
	reader  *journalReader   // of what an earlier walk has read, until all of it is taken over
	writer  *journalWriter   // nil without a journal
	pages   int64            // taken over
	from    time.Time        // when the first of them was asked for
}

// open opens the journal of an earlier walk.
func (t *takeover) open(f *inFlight) {
	if t.journal == nil {
		return
	}
	t.writer, t.reader = new(journalWriter), newJournalReader(t.journal)
	f.replay()
}

// replaying reports whether responses still come from the journal.
func (t *takeover) replaying() bool { return t.reader != nil }

// replayed is what comes next in the journal of an earlier walk.
type replayed int

const (
	replayedEnd      replayed = iota // nothing more, or nothing that is of use
	replayedResponse                 // a response
	replayedTakeover                 // that walk took over here, too
)

// next takes the next entry from the journal. A response that no pending request matches
// ends the journal: the rest of it is useless.
func (t *takeover) next(f *inFlight) (arrival, replayed, error) {
	kept, ok, err := t.reader.next()
	switch {
	case err != nil:
		return arrival{}, replayedEnd, err
	case ok && kept.head.Kind == entryTakeover:
		return arrival{}, replayedTakeover, nil
	case !ok:
		return arrival{}, replayedEnd, t.end()
	}
	a, ok := f.takePending(kept.head.User, kept.head.request())
	if !ok {
		return arrival{}, replayedEnd, t.end()
	}
	if a.got, a.err, err = t.reader.response(kept); err != nil {
		return arrival{}, replayedEnd, fmt.Errorf("journal: %w", err)
	}
	if a.err == nil {
		if t.pages++; t.pages == 1 {
			t.from = a.got.Sent
		}
	}
	return a, replayedResponse, nil
}

// end ends the replay, and notes in the journal that this walk took over.
func (t *takeover) end() error {
	t.close()
	if t.pages == 0 {
		return nil
	}
	entry, err := t.writer.entry(entryHead{Kind: entryTakeover}, client.Body{})
	if err != nil {
		return err
	}
	return t.journal.Append(entry)
}

// close closes the journal of the earlier walk.
func (t *takeover) close() {
	if t.reader != nil {
		t.reader.close()
		t.reader = nil
	}
}

// note appends a response from the API to the journal.
func (t *takeover) note(a arrival) error {
	if t.writer == nil || t.reader != nil {
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
	entry, err := t.writer.entry(head, a.got.Body)
	if err != nil {
		return err
	}
	return t.journal.Append(entry)
}
