package lemlist

import (
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
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
		proof.Requests += in.spent.Requests
		proof.Retries += in.spent.Retries
		proof.Throttled += in.spent.Throttled
		if in.skipped != nil {
			proof.Skipped = append(proof.Skipped, *in.skipped)
			continue
		}
		user := in.proof
		if alike[in] {
			user.Complete, user.Method = false, ""
			user.Reason = "other users have the very same list, and its rows name nobody: the API may have given one list for all"
		}
		user.Requests, user.Retries = in.spent.Requests, in.spent.Retries
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

// alike finds the lists of several conversations that are equal though no row says
// whose list it is.
func (w *walk) alike() map[*inbox]bool {
	of := make(map[fingerprint][]*inbox)
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

// retire keeps the proof of a list and drops what is known of its rows.
func (w *walk) retire(in *inbox) {
	p := in.prover
	w.retired = later(w.retired, p.LastRead())
	account := p.Account()
	in.proof = proofOf(in.user, account)
	in.print = fingerprint{account.Fingerprint, account.Distinct, account.Unnamed}
	in.prover = nil
}

// update sorts a list into asking and traversals after it has changed, and retires it when
// it is finished.
func (w *walk) update(in *inbox) {
	if p := in.prover; p != nil && p.Finished() {
		w.retire(in)
	}
	w.asking.set(in, in.prover != nil && in.prover.Asks())
	w.traversals.set(in, in.prover != nil && in.prover.Traversing())
}

// sweepAgain starts the closing sweep of every list that waits for it, now that nothing is
// in flight, or whose last sweep is too old compared with what was read of the others.
// It reports whether there is anything to read.
func (w *walk) sweepAgain() bool {
	if len(w.inboxes) < len(w.users) {
		return false
	}
	last := w.retired
	for _, in := range w.inboxes {
		if in.prover != nil {
			last = later(last, in.prover.LastRead())
		}
	}
	more := false
	for _, in := range w.inboxes {
		if in.prover != nil {
			more = in.prover.SweepAgain(last) || more
			w.update(in)
		}
	}
	return more
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
	if w.reader != nil {
		w.reader.close()
		w.reader = nil
	}
	for _, in := range w.inboxes {
		if in.prover == nil {
			continue
		}
		in.prover.Stop(w.ended)
		w.retire(in)
	}
	w.asking, w.traversals = nil, nil
}

// weakest returns the method that proves least among those of the lists.
func weakest(users []exporter.PartitionProof) string {
	var methods []string
	for _, user := range users {
		methods = append(methods, user.Method)
	}
	return prover.Weakest(methods)
}

// proofOf states the account of a list in the words of a proof, without requests.
func proofOf(user string, account prover.Account) exporter.PartitionProof {
	proof := exporter.PartitionProof{
		Partition: user, Pages: account.Pages, RowsRead: account.RowsRead,
		TotalStart: account.TotalStart, TotalEnd: account.TotalEnd, Since: account.Since,
		Passes: account.Passes, Sweeps: account.Sweeps, StepBacks: account.StepBacks,
		Complete: account.Method != "", Method: account.Method,
		Widened: account.Widened, Reopened: account.Reopened, Doubt: account.Doubt, Reason: account.Reason,
	}
	if account.Lookback != nil {
		proof.LookbackSeconds = new(account.Lookback.Seconds())
	}
	if account.Newest != schema.NoVersion {
		proof.Watermark = new(exporter.At(account.Newest))
	}
	return proof
}

// later is the later one of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
