package lemlist

import (
	"cmp"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
)

// inbox is the reading of one user's list.
type inbox struct {
	number  int // in the order of users
	user    string
	prover  *prover.Prover // nil when it is finished
	spent   client.Cost
	skipped *exporter.SkippedPartition
	proof   exporter.PartitionProof // once it is finished
	print   fingerprint             // once it is finished
}

// fingerprint tells lists apart, whatever the order of their rows; unnamed says that no row
// names the user.
type fingerprint struct {
	ids     uint64
	rows    int64
	unnamed bool
}

// inboxes are the lists of the users of a walk.
type inboxes struct {
	users  []string
	since  map[string]exporter.Mark // the watermarks of some users' lists
	margin exporter.Margin
	begun  []*inbox // in the order of users
	// In a large team most lists wait or are finished. asking has the others, and
	// traversals those of them that are being read from top to bottom.
	asking, traversals inboxList
	retired            time.Time // when the latest page of the lists that are finished arrived
}

// begin begins the list of the next user.
func (l *inboxes) begin() bool {
	if len(l.begun) == len(l.users) {
		return false
	}
	in := &inbox{number: len(l.begun), user: l.users[len(l.begun)], prover: prover.New(l.proverMargin())}
	if mark, ok := l.since[in.user]; ok {
		in.prover = prover.NewSince(prover.Watermark(mark), l.proverMargin())
	}
	l.begun = append(l.begun, in)
	l.update(in)
	return true
}

// proverMargin is the margin of the walk as the prover knows it.
func (l *inboxes) proverMargin() prover.Margin {
	return prover.Margin{Lookback: l.margin.Lookback, Settle: l.margin.Settle}
}

// split begins a segment where it helps most, when size requests should be in flight and
// count are. The lists whose first page is on its way have their shares left to them.
func (l *inboxes) split(size, count int) bool {
	var longest *inbox
	var most int64
	unread := 0
	for _, in := range l.traversals {
		if in.prover.LastRead().IsZero() {
			unread++
		}
		if spare := in.prover.Spare(); spare > most {
			longest, most = in, spare
		}
	}
	more := size - count
	if unread > 0 {
		share := size * (len(l.traversals) - unread) / len(l.traversals)
		more = min(more, share-(count-unread))
	}
	return longest != nil && more > 0 && longest.prover.Split(more)
}

// retire keeps the proof of a list and drops what is known of its rows.
func (l *inboxes) retire(in *inbox) {
	p := in.prover
	l.retired = later(l.retired, p.LastRead())
	account := p.Account()
	in.proof = proofOf(in.user, account)
	in.print = fingerprint{account.Fingerprint, account.Distinct, account.Unnamed}
	in.prover = nil
}

// update sorts a list into asking and traversals after it has changed, and retires it when
// it is finished.
func (l *inboxes) update(in *inbox) {
	if p := in.prover; p != nil && p.Finished() {
		l.retire(in)
	}
	l.asking.set(in, in.prover != nil && in.prover.Asks())
	l.traversals.set(in, in.prover != nil && in.prover.Traversing())
}

// sweepAgain starts the closing sweep of every list that waits for it, now that nothing is
// in flight, or whose last sweep is too old compared with what was read of the others.
// It reports whether there is anything to read.
func (l *inboxes) sweepAgain() bool {
	if len(l.begun) < len(l.users) {
		return false
	}
	last := l.retired
	for _, in := range l.begun {
		if in.prover != nil {
			last = later(last, in.prover.LastRead())
		}
	}
	more := false
	for _, in := range l.begun {
		if in.prover != nil {
			more = in.prover.SweepAgain(last) || more
			l.update(in)
		}
	}
	return more
}

// reopen sweeps the proven lists once more.
func (l *inboxes) reopen() {
	for _, in := range l.begun {
		if in.prover != nil {
			in.prover.Reopen()
		}
	}
}

// stop ends the lists that are still being read; ended says that the walk has come to its
// end.
func (l *inboxes) stop(ended bool) {
	for _, in := range l.begun {
		if in.prover == nil {
			continue
		}
		in.prover.Stop(ended)
		l.retire(in)
	}
	l.asking, l.traversals = nil, nil
}

// inboxList is some of the inboxes, in the order of users. Inboxes that come and go stand
// near either end, so that neither costs more in a large team.
type inboxList []*inbox

// set adds an inbox to the list, or removes it.
func (l *inboxList) set(in *inbox, wanted bool) {
	at, there := slices.BinarySearchFunc(*l, in, func(a, b *inbox) int { return cmp.Compare(a.number, b.number) })
	switch {
	case wanted == there:
	case wanted:
		*l = slices.Insert(*l, at, in)
	case at < len(*l)/2: // the few before it move, not the many behind
		copy((*l)[1:at+1], (*l)[:at])
		(*l)[0] = nil
		*l = (*l)[1:]
	default:
		*l = slices.Delete(*l, at, at+1)
	}
}
