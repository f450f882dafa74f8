package lemlist

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// Proof is the account of the walk. It is complete when Pages has ended and the
// list of every user of the team that the API gives was proven.
func (w *walk) Proof() exporter.Proof {
	proof := exporter.Proof{Resumed: w.resumed}
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
		user.Requests, user.Retries = in.spent.requests, in.spent.retries
		proof.Users = append(proof.Users, user)
		proof.RowsRead += user.RowsRead
		if !user.Complete {
			proof.Reasons = append(proof.Reasons, fmt.Sprintf("the inbox of %s is not proven complete: %s", user.UserID, user.Reason))
		}
	}
	proof.Method = weakest(proof.Users)
	switch {
	case !w.ended && len(proof.Reasons) == 0:
		proof.Reasons = append(proof.Reasons, "the walk did not reach its end")
	case w.ended && len(proof.Users) == 0:
		proof.Reasons = append(proof.Reasons, "no inbox could be read")
	}
	proof.Complete = len(proof.Reasons) == 0
	return proof
}

// inbox is the reading of one user's list.
type inbox struct {
	user    string
	prover  *prover // nil when it is settled
	spent   cost
	skipped *exporter.SkippedUser
	proof   exporter.UserProof // once it is settled
}

// settle keeps the proofs of the lists that are done, and forgets their rows.
func (w *walk) settle() {
	w.active = slices.DeleteFunc(w.active, func(in *inbox) bool {
		if !in.prover.done() {
			return false
		}
		in.proof = in.prover.proof(in.user)
		if w.past == nil {
			in.prover = nil // else it is proven again, see live
		}
		return true
	})
}

// skip notes a user whose inbox the API refuses.
func (w *walk) skip(in *inbox) {
	in.prover.giveUp("")
	if in.skipped == nil {
		in.skipped = &exporter.SkippedUser{UserID: in.user, Reason: errUserNotInTeam.Error()}
		w.obs.Observe(exporter.UserSkipped{SkippedUser: *in.skipped})
	}
}

// interrupt ends what is still under way.
func (w *walk) interrupt() {
	if w.past != nil {
		w.past.close()
		w.past = nil
	}
	for _, in := range w.active {
		if !in.prover.finished {
			in.prover.giveUp("the walk was interrupted")
		}
		in.proof, in.prover = in.prover.proof(in.user), nil
	}
	w.active = nil
}

func (c *cost) add(more cost) {
	c.requests += more.requests
	c.retries += more.retries
	c.throttled += more.throttled
}

// weakest is the method that proves least of those the lists needed.
func weakest(users []exporter.UserProof) string {
	for _, method := range []string{methodPasses, methodSince, methodSweep, methodPage} {
		if slices.ContainsFunc(users, func(u exporter.UserProof) bool { return u.Method == method }) {
			return method
		}
	}
	return ""
}
