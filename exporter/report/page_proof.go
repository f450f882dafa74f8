package report

import (
	"fmt"

	"github.com/lemexport/lemexport/exporter"
)

// proofCard is the account of the walk.
type proofCard struct {
	Complete bool
	Verdict  string
	Reasons  []string
	Method   string
	// Allowed is how far clocks and servers may have been off; "" in old proofs.
	Allowed string
	Card    barsCard
	Numbers []tile
	Users   []proofRow
	Skipped []string
}

type proofRow struct {
	User, Pages, Requests, Read, Before, After, Complete, Why string
}

func newProofCard(proof exporter.Proof, names userNames) proofCard {
	card := proofCard{
		Complete: proof.Complete, Method: proof.Method, Verdict: "Proven complete",
		Numbers: []tile{
			{Value: count(proof.Requests), Label: "Requests"}, {Value: count(proof.Retries), Label: "retries"},
			{Value: count(proof.Throttled), Label: "rate-limit waits"}, {Value: count(proof.RowsRead), Label: "rows read"},
		},
		Card: barsCard{Bars: newBars("Rows read", []bar{{
			Label: "Rows read", Value: count(proof.RowsRead),
			Parts: parts(proof.RowsRead, stretch{proof.Rows, "one"}, stretch{proof.Duplicates, "rest"}, stretch{proof.Superseded, "two"}),
		}})},
	}
	switch {
	case !proof.Complete:
		card.Verdict = "Not proven complete"
	case len(proof.Skipped) > 0:
		card.Verdict = "Proven complete for the inboxes that the API gives"
	}
	if lookback, settle, ok := proof.Allowance(); ok {
		card.Allowed = fmt.Sprintf("rows may appear with a time up to %s older than the newest, and servers may answer up to %s apart", inWords(lookback), inWords(settle))
	}
	card.Card.Bars.Bars[0].Title = fmt.Sprintf("%s read: %s kept, %s duplicates, %s superseded",
		count(proof.RowsRead), count(proof.Rows), count(proof.Duplicates), count(proof.Superseded))
	for _, reason := range proof.Reasons {
		card.Reasons = append(card.Reasons, names.in(reason))
	}
	for _, user := range proof.Partitions {
		row := proofRow{
			User: names.inbox(user.Partition), Pages: count(user.Pages), Requests: count(user.Requests), Read: count(user.RowsRead),
			Before: orUnknown(user.TotalStart), After: orUnknown(user.TotalEnd), Complete: "yes",
		}
		if user.Partition == "" { // the one list of a table of the team
			row.User = "the team"
		}
		if !user.Complete {
			row.Complete, row.Why = "no", names.in(user.Reason)
		}
		card.Users = append(card.Users, row)
	}
	for _, user := range proof.Skipped {
		card.Skipped = append(card.Skipped, names.inbox(user.Partition)+": "+names.in(user.Reason))
	}
	return card
}

func orUnknown(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return count(*n)
}
