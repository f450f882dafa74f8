package lemlist

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// Proof is the account of the walk. It is complete when Pages has ended and the
// list of every user of the team that the API gives was proven.
func (w *walk) Proof() exporter.Proof {
	proof := w.proof
	proof.Users = slices.Clone(proof.Users)
	proof.Method = weakest(proof.Users)
	for _, user := range proof.Users {
		if !user.Complete {
			proof.Reasons = append(proof.Reasons, fmt.Sprintf("the inbox of %s is not proven complete: %s", user.UserID, user.Reason))
		}
	}
	switch {
	case !w.ended && len(proof.Reasons) == 0:
		proof.Reasons = append(proof.Reasons, "the walk did not reach its end")
	case w.ended && len(proof.Users) == 0:
		proof.Reasons = append(proof.Reasons, "no inbox could be read")
	}
	proof.Complete = len(proof.Reasons) == 0
	return proof
}

// account adds a list to the proof.
func (w *walk) account(p *prover, user string, spent cost) {
	proof := p.proof(user)
	proof.Requests, proof.Retries = spent.requests, spent.retries
	w.proof.Users = append(w.proof.Users, proof)
	w.proof.RowsRead += proof.RowsRead
	w.spend(spent)
}

// skip notes a user whose inbox the API refuses.
func (w *walk) skip(user string, spent cost) {
	skipped := exporter.SkippedUser{UserID: user, Reason: errUserNotInTeam.Error()}
	w.proof.Skipped = append(w.proof.Skipped, skipped)
	w.spend(spent)
	w.obs.Observe(exporter.UserSkipped{SkippedUser: skipped})
}

func (w *walk) spend(spent cost) {
	w.proof.Requests += spent.requests
	w.proof.Retries += spent.retries
	w.proof.Throttled += spent.throttled
}

// weakest is the method that proves least of those the lists needed.
func weakest(users []exporter.UserProof) string {
	for _, method := range []string{methodPasses, methodSweep, methodPage} {
		if slices.ContainsFunc(users, func(u exporter.UserProof) bool { return u.Method == method }) {
			return method
		}
	}
	return ""
}
