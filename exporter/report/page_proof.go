package report

import (
	"fmt"
	"strings"

	g "maragu.dev/gomponents"

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

// node is the proof of the whole file and of each list. Only conversations have a list
// for each user, which the API states a total of.
func (c proofCard) node(conversations bool) g.Group {
	of, totals := "List of", ""
	if conversations {
		of, totals = "Inbox of", "The totals are what the API stated for each inbox on the first and on the last page. "
	}
	var numbers []string
	for _, one := range c.Numbers {
		numbers = append(numbers, one.Label+": "+one.Value)
	}
	card := c.claim(conversations)
	if len(c.Skipped) > 0 {
		card = append(card, el("p", plain("Inboxes that the API refuses to give:")), items(c.Skipped))
	}
	card = append(card, c.Card.node()...)
	return append(card,
		el("ul", class("key below"), legend("one", "kept"), legend("rest", "duplicates: the same version, read again"),
			legend("two", "superseded: a newer version was read")),
		el("table", class("stack"),
			lines(el("tr", class("names"), heading("", of), heading("", "Complete"), heading("n", "Pages"), heading("n", "Requests"),
				heading("n", "Rows read"), heading("n", "Total at first"), heading("n", "Total at last"))),
			lines(g.Map(c.Users, proofRow.node)...),
		),
		el("p", class("note"), plain(strings.Join(numbers, ", ")+". "+totals+"This page does not check the content hash: "),
			el("code", plain("lemexport verify")), plain(" does.")),
	)
}

// claim says what the proof proves, or why it does not.
func (c proofCard) claim(conversations bool) g.Group {
	if !c.Complete {
		return g.Group{el("p", plain(c.Verdict+": rows may be missing.")), items(c.Reasons)}
	}
	claim := "the file holds every row of the answer that the API gave."
	if conversations {
		claim = "every conversation that existed during the whole walk is in the file once, in a version that was current at some moment of it."
	}
	if c.Allowed != "" {
		claim += " The margin: " + c.Allowed + "."
	}
	return g.Group{el("p", plain(c.Verdict+", by "), el("code", plain(c.Method)), plain(": "+claim))}
}

func (r proofRow) node() g.Node {
	return el("tr",
		el("td", class("who"), plain(r.User), remark(r.Why)),
		el("td", attr("data-name", "Complete"), plain(r.Complete)),
		figure("Pages", r.Pages), figure("Requests", r.Requests), figure("Rows read", r.Read),
		figure("Total at first", r.Before), figure("Total at last", r.After),
	)
}

func orUnknown(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return count(*n)
}
