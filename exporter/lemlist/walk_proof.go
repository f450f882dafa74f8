package lemlist

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// mostReasons is how many inboxes the reasons of a proof name. Each user of the proof
// has a reason too.
const mostReasons = 20

// Proof is the account of the walk. It is complete when Pages has ended and the
// list of every user of the team that the API gives was proven.
func (w *walk) Proof() exporter.Proof {
	proof := exporter.Proof{Resumed: w.resumed, Margin: &exporter.ProofMargin{
		LookbackSeconds: w.margin.Lookback.Seconds(), SettleSeconds: w.margin.Settle.Seconds(),
	}}
	alike := w.alike()
	var unproven int
	if w.resumed > 0 {
		proof.ResumedFrom = &w.from
	}
	for _, in := range w.inboxes {
		proof.Requests += in.spent.requests
		proof.Retries += in.spent.retries
		proof.Throttled += in.spent.throttled
		if in.skipped != nil {
			proof.Skipped = append(proof.Skipped, *in.skipped)
			continue
		}
		user := in.proof
		if alike[in] {
			user.Complete, user.Method = false, ""
			user.Reason = "other users have the very same list, and its rows name nobody: the API may have given one list for all"
		}
		user.Requests, user.Retries = in.spent.requests, in.spent.retries
		proof.Partitions = append(proof.Partitions, user)
		proof.RowsRead += user.RowsRead
		if user.Complete {
			continue
		}
		if unproven++; unproven <= mostReasons {
			proof.Reasons = append(proof.Reasons, fmt.Sprintf("the inbox of %s is not proven complete: %s", user.Partition, user.Reason))
		}
	}
	if more := unproven - mostReasons; more > 0 {
		proof.Reasons = append(proof.Reasons, fmt.Sprintf("the inboxes of %d more users are not proven complete either", more))
	}
	proof.Method = weakest(proof.Partitions)
	switch {
	case !w.ended && len(proof.Reasons) == 0:
		proof.Reasons = append(proof.Reasons, "the walk did not reach its end")
	case w.ended && len(proof.Partitions) == 0:
		proof.Reasons = append(proof.Reasons, "no inbox could be read")
	}
	proof.Complete = len(proof.Reasons) == 0
	return proof
}

// How often a user may be refused before that is believed: before a page of the
// list has come, and after.
const (
	mostDenials     = 1
	mostLateDenials = 3
)

// inbox is the reading of one user's list.
type inbox struct {
	number  int // in the order of users
	user    string
	prover  *Prover // nil when it is finished
	spent   cost
	denials int // answers that the user is not in the team
	skipped *exporter.SkippedPartition
	proof   exporter.PartitionProof // once it is finished
	print   listPrint
}

// listPrint tells lists apart, whatever their order; unnamed says that no row names
// the user.
type listPrint struct {
	ids     uint64
	rows    int64
	unnamed bool
}

// alike finds the lists of several conversations that are equal though no row says
// whose list it is.
func (w *walk) alike() map[*inbox]bool {
	of := make(map[listPrint][]*inbox)
	for _, in := range w.inboxes {
		if in.print.unnamed && in.print.rows > 1 {
			of[in.print] = append(of[in.print], in)
		}
	}
	found := make(map[*inbox]bool)
	for _, same := range of {
		for _, in := range same {
			found[in] = len(same) > 1
		}
	}
	return found
}

// retire keeps the proof of a list, and forgets its rows.
func (w *walk) retire(in *inbox) {
	p := in.prover
	w.retired = later(w.retired, p.read)
	in.proof, in.print = p.proof(in.user), listPrint{p.print, p.distinct(), p.audit.Named == 0}
	in.prover = nil
}

// place puts a list where it belongs after something has happened to it, and retires
// it when it is finished.
func (w *walk) place(in *inbox) {
	if p := in.prover; p != nil && p.phase == finished && p.inFlight == 0 {
		w.retire(in)
	}
	w.asking.set(in, in.prover != nil && in.prover.Asks())
	w.descents.set(in, in.prover != nil && in.prover.phase == descending)
}

// close has every list looked at once more that waits for it, now that nothing is
// in flight, or whose last look lies too long before what was read of the others.
// It reports whether there is anything to read.
func (w *walk) close() bool {
	if len(w.inboxes) < len(w.users) {
		return false
	}
	last := w.retired
	for _, in := range w.inboxes {
		if in.prover != nil {
			last = later(last, in.prover.read)
		}
	}
	more := false
	for _, in := range w.inboxes {
		if in.prover != nil {
			more = in.prover.LookAgain(last) || more
			w.place(in)
		}
	}
	return more
}

// denied takes the answer that a user is not in the team. One may come by mistake:
// a user is skipped when the first page is refused twice, and no page ever came.
func (w *walk) denied(a landed) {
	in := a.from
	in.denials++
	p := in.prover
	p.inFlight--
	most := mostDenials
	if p.reads > 0 {
		most = mostLateDenials
	}
	switch {
	case p.useless():
	case in.denials <= most:
		p.pause = a.got.arrived.Add(w.margin.Settle)
		p.again(a.asked)
	case p.reads > 0:
		p.GiveUp(fmt.Sprintf("after %d pages the API said: %s", p.reads, errUserNotInTeam))
	default:
		p.GiveUp("")
		if in.skipped == nil {
			in.skipped = &exporter.SkippedPartition{Partition: in.user, Reason: errUserNotInTeam.Error()}
			w.obs.Observe(exporter.PartitionSkipped{SkippedPartition: *in.skipped})
		}
	}
}

// interrupt ends what is still under way.
func (w *walk) interrupt() {
	if w.past != nil {
		w.past.close()
		w.past = nil
	}
	for _, in := range w.inboxes {
		if in.prover == nil {
			continue
		}
		if in.prover.phase != finished && (in.prover.phase != settled || !w.ended) {
			in.prover.GiveUp("the walk was interrupted")
		}
		w.retire(in)
	}
	w.asking, w.descents = nil, nil
}

func (c *cost) add(more cost) {
	c.requests += more.requests
	c.retries += more.retries
	c.throttled += more.throttled
}

// weakest is the method that proves least of those the lists needed.
func weakest(users []exporter.PartitionProof) string {
	for _, method := range []string{methodPasses, methodSince, methodSweep, methodPage} {
		if slices.ContainsFunc(users, func(u exporter.PartitionProof) bool { return u.Method == method }) {
			return method
		}
	}
	return ""
}
