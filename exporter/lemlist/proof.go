package lemlist

import (
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
)

// mostReasons is how many inboxes the reasons of a proof name. Each user of the proof
// has a reason too.
const mostReasons = 20

// proofOfInboxes adds up what the lists of a walk have shown.
func proofOfInboxes(inboxes []*inbox) exporter.Proof {
	var proof exporter.Proof
	var unproven int
	equal := alike(inboxes)
	for _, in := range inboxes {
		proof.Requests += in.spent.Requests
		proof.Retries += in.spent.Retries
		proof.Throttled += in.spent.Throttled
		if in.skipped != nil {
			proof.Skipped = append(proof.Skipped, *in.skipped)
			continue
		}
		user := in.proof
		if equal[in] {
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
	return proof
}

// alike finds the lists of several conversations that are equal though no row says
// whose list it is.
func alike(inboxes []*inbox) map[*inbox]bool {
	of := make(map[fingerprint][]*inbox)
	for _, in := range inboxes {
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
