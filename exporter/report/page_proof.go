package report

import (
	"fmt"
	"slices"
	"strings"

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
			{Value: count(proof.Requests), Label: "requests"}, {Value: count(proof.Retries), Label: "retries"},
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
		card.Allowed = fmt.Sprintf("rows may appear with a time up to %v older than the newest, and servers may answer up to %v apart", lookback, settle)
	}
	card.Card.Bars.Bars[0].Title = fmt.Sprintf("%s read: %s kept, %s duplicates, %s superseded",
		count(proof.RowsRead), count(proof.Rows), count(proof.Duplicates), count(proof.Superseded))
	for _, reason := range proof.Reasons {
		card.Reasons = append(card.Reasons, names.in(reason))
	}
	for _, user := range proof.Partitions {
		row := proofRow{
			User: names.of(user.Partition), Pages: count(user.Pages), Requests: count(user.Requests), Read: count(user.RowsRead),
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
		card.Skipped = append(card.Skipped, names.of(user.Partition)+": "+names.in(user.Reason))
	}
	return card
}

func orUnknown(n *int64) string {
	if n == nil {
		return "unknown"
	}
	return count(*n)
}

// userNames are what the page calls the users.
type userNames struct {
	names    map[string]string
	replacer *strings.Replacer
	named    bool // at least one has a name
}

// newUserNames numbers the users, those with the most conversations first. With
// personal they have their names, or keep their ids where no name is known.
func newUserNames(f *facts, proof exporter.Proof, known map[string]string, personal bool) userNames {
	u := userNames{names: map[string]string{}}
	var ids []string
	bearers := map[string]int{}
	for _, name := range known {
		bearers[name]++
	}
	add := func(id string) {
		if _, ok := u.names[id]; ok {
			return
		}
		switch name := shorten(known[id]); {
		case !personal:
			u.names[id] = fmt.Sprintf("User %d", len(u.names)+1)
		case name == "":
			u.names[id] = id
		case bearers[known[id]] > 1:
			u.names[id], u.named = fmt.Sprintf("%s (%s)", name, id), true
		default:
			u.names[id], u.named = name, true
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	for _, one := range f.users.ranked(func(u *userFacts) int64 { return u.rows }) {
		add(one.name)
	}
	for _, user := range proof.Partitions {
		add(user.Partition)
	}
	for _, user := range proof.Skipped {
		add(user.Partition)
	}
	// An id may begin like another: the longer one goes first.
	slices.SortFunc(ids, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, id := range ids {
		pairs = append(pairs, id, u.names[id])
	}
	u.replacer = strings.NewReplacer(pairs...)
	return u
}

func (u userNames) of(id string) string { return u.names[id] }

// in replaces the ids in a text.
func (u userNames) in(text string) string { return u.replacer.Replace(text) }
