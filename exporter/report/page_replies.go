package report

import (
	"fmt"

	"github.com/lemexport/lemexport/schema"
)

// repliesCard says who answers, and what the columns allow to say about how fast.
type repliesCard struct {
	Rate, First barsCard
	After       columnChart
	AfterNote   string
	NoAfter     string
}

func newRepliesCard(table *schema.Table, f *facts) repliesCard {
	card := repliesCard{Rate: rateCard(table, f), First: firstCard(table, f)}
	if card.NoAfter = missing(table, schema.RoleRepliedAt, schema.RoleSentAt); card.NoAfter != "" {
		return card
	}
	if f.after.total == 0 {
		card.NoAfter = "In no conversation is the newest reply later than the newest message sent."
		return card
	}
	card.After = newColumnChart("Newest reply after the newest message sent", f.after)
	card.AfterNote = fmt.Sprintf("%s whose newest message is a reply; in %s more the team wrote last, and in the others one of the two times is missing.",
		many(f.after.total, "conversation", "conversations"), count(f.teamLast))
	return card
}

func rateCard(table *schema.Table, f *facts) barsCard {
	if why := missing(table, schema.RoleChannels, schema.RoleReplied); why != "" {
		return barsCard{Missing: why}
	}
	var list []bar
	row := func(label, class string, t trilean) {
		if known := t.yes + t.no; known > 0 {
			list = append(list, bar{Label: label, Value: share(t.yes, known) + " of " + count(known), Parts: parts(known, stretch{t.yes, class})})
		}
	}
	row("all conversations", "two", f.replied)
	for i, one := range f.channels.ranked(func(c *channelFacts) int64 { return c.rows }) {
		if i < mostBars {
			row(channelName(one.name), "one", one.T.replied)
		}
	}
	if len(list) == 0 {
		return barsCard{Missing: "No row says whether there are replies."}
	}
	return barsCard{Bars: newBars("Share of conversations with a reply, by channel", list),
		Note: "The share of a channel's conversations that have a reply on any channel."}
}

// firstCard bounds the time to the first reply. It is not in the data; the
// newest reply is, and the first was not later.
func firstCard(table *schema.Table, f *facts) barsCard {
	if why := missing(table, schema.RoleCreated, schema.RoleRepliedAt); why != "" {
		return barsCard{Missing: why}
	}
	if f.since.total == 0 {
		return barsCard{Missing: "No conversation has a reply with its time."}
	}
	var list []bar
	for i, within := range f.since.edges {
		if within.at < day {
			continue
		}
		n := f.since.below(i)
		list = append(list, bar{Label: "within " + many(int64(within.at/day), "day", "days"), Value: "at least " + share(n, f.since.total), Parts: parts(f.since.total, stretch{n, "one"})})
	}
	return barsCard{Bars: newBars("First reply, at the latest", list),
		Note: fmt.Sprintf("The export has no time of the first reply, only of the newest, and the first was no later. "+
			"Of %s whose newest reply came after the creation, at least this share got a first reply within that time of it.",
			many(f.since.total, "conversation", "conversations"))}
}

// turnCard says who is waiting for whom.
type turnCard struct {
	Whose     barsCard
	Waiting   columnChart
	Note      string
	NoWaiting string
}

func newTurnCard(table *schema.Table, f *facts, simulated bool) turnCard {
	card := turnCard{NoWaiting: missing(table, schema.RoleTurn, schema.RoleRepliedAt)}
	if why := missing(table, schema.RoleTurn); why != "" {
		card.Whose.Missing = why
		return card
	}
	row := func(label, class string, n int64) bar {
		return bar{Label: label, Value: count(n) + " · " + share(n, f.rows), Parts: parts(f.rows, stretch{n, class})}
	}
	card.Whose = barsCard{
		Bars: newBars("Whose turn it is", []bar{
			row("the team's", "two", f.turn.yes), row("not the team's", "one", f.turn.no), row("not said", "rest", f.turn.unknown),
		}),
		Note: "As lemlist says in isYourTurn, a field it does not document and leaves out of some rows.",
	}
	switch {
	case card.NoWaiting != "":
	case f.waiting.total == 0:
		card.NoWaiting = "No contact is waiting for an answer."
	default:
		until := "the end of the walk"
		if simulated {
			until = "the newest activity, the simulation's clock"
		}
		card.Waiting = newColumnChart("How long contacts wait", f.waiting)
		card.Note = fmt.Sprintf("%s where it is the team's turn: from the newest reply to %s.", many(f.waiting.total, "conversation", "conversations"), until)
	}
	return card
}
