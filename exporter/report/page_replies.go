package report

import (
	"fmt"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/schema"
)

// repliesCard says who answers, and what the columns allow to say about how fast.
type repliesCard struct {
	Rate, RateByUser, First barsCard
	After                   columnChart
	AfterNote               string
	NoAfter                 string
}

func newRepliesCard(table *schema.Table, f *facts, names userNames, q queries) repliesCard {
	card := repliesCard{Rate: rateCard(table, f, q), RateByUser: rateByUserCard(table, f, names, q), First: firstCard(table, f, q)}
	if card.NoAfter = missing(table, schema.RoleRepliedAt, schema.RoleSentAt); card.NoAfter != "" {
		return card
	}
	if f.after.total == 0 {
		card.NoAfter = "In no conversation is the newest reply later than the newest message sent."
		return card
	}
	card.After = newColumnChart("Newest reply after the newest message sent", f.after)
	card.After.SQL = q.after(f.after)
	card.AfterNote = fmt.Sprintf("%s whose newest message is a reply; in %s more the team wrote last, and in the others one of the two times is missing.",
		many(f.after.total, "conversation", "conversations"), count(f.teamLast))
	return card
}

// after shows how fast the newest replies came.
func (c repliesCard) after() g.Group {
	if c.NoAfter != "" {
		return g.Group{none(c.NoAfter)}
	}
	return g.Group{c.After.node(), note("From the newest message sent to the newest reply. " + c.AfterNote), query(c.After.SQL)}
}

func rateCard(table *schema.Table, f *facts, q queries) barsCard {
	if why := missing(table, schema.RoleChannels, schema.RoleReplied); why != "" {
		return barsCard{Missing: why}
	}
	called := newCalled(table, schema.RoleChannels)
	list := rateBars(nil, "all conversations", "two", f.replied)
	for i, one := range f.channels.ranked(func(c *channelFacts) int64 { return c.rows }) {
		if i < mostBars {
			list = rateBars(list, called.label(one.name), "one", one.T.replied)
		}
	}
	if len(list) == 0 {
		return barsCard{Missing: "No row says whether there are replies."}
	}
	return barsCard{Bars: newBars("Share of conversations with a reply, by channel", list),
		Note: "The share of a channel’s conversations that have a reply on any channel." + called.note, SQL: q.rateByChannel()}
}

// rateBars adds a bar with the share of replied conversations, if any says whether it is.
func rateBars(list []bar, label, class string, t trilean) []bar {
	known := t.yes + t.no
	if known == 0 {
		return list
	}
	return append(list, bar{Label: label, Value: share(t.yes, known) + " of " + count(known), Title: label + ": " + count(t.yes) + " of " + count(known),
		Parts: parts(known, stretch{t.yes, class})})
}

func rateByUserCard(table *schema.Table, f *facts, names userNames, q queries) barsCard {
	if why := missing(table, schema.RoleUserID, schema.RoleReplied); why != "" {
		return barsCard{Missing: why}
	}
	var list []bar
	others := f.users.rest.replied
	for i, one := range f.users.ranked(func(u *userFacts) int64 { return u.rows }) {
		if i < mostBars {
			list = rateBars(list, names.of(one.name), "one", one.T.replied)
			continue
		}
		others.yes, others.no = others.yes+one.T.replied.yes, others.no+one.T.replied.no
	}
	list = rateBars(list, "all others", "rest", others)
	if len(list) == 0 {
		return barsCard{Missing: "No row names a user and says whether there are replies."}
	}
	return barsCard{Bars: newBars("Share of conversations with a reply, by user", list), SQL: q.rateByUser(),
		Note: "Of the conversations that a user takes part in. The reply may be to another user’s message."}
}

// firstCard bounds the time to the first reply. It is not in the data; the
// newest reply is, and the first was not later.
func firstCard(table *schema.Table, f *facts, q queries) barsCard {
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
		label := "within " + many(int64(within.at/day), "day", "days")
		list = append(list, bar{Label: label, Value: "at least " + share(n, f.since.total), Title: label + ": " + count(n) + " of " + count(f.since.total),
			Parts: parts(f.since.total, stretch{n, "one"})})
	}
	return barsCard{Bars: newBars("First reply, at the latest", list), SQL: q.first(f.since),
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

func newTurnCard(table *schema.Table, f *facts, simulated bool, q queries) turnCard {
	card := turnCard{NoWaiting: missing(table, schema.RoleTurn, schema.RoleRepliedAt)}
	if why := missing(table, schema.RoleTurn); why != "" {
		card.Whose.Missing = why
		return card
	}
	row := func(label, class string, n int64) bar {
		return bar{Label: label, Value: count(n) + " · " + share(n, f.rows), Title: label + ": " + count(n), Parts: parts(f.rows, stretch{n, class})}
	}
	card.Whose = barsCard{
		Bars: newBars("Whose turn it is", []bar{
			row("the team's", "two", f.turn.yes), row("not the team's", "one", f.turn.no), row("not said", "rest", f.turn.unknown),
		}),
		SQL:  q.turn(),
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
		card.Waiting.SQL = q.waiting(f.waiting, f.asOf)
		card.Note = fmt.Sprintf("%s where it is the team's turn: from the newest reply to %s.", many(f.waiting.total, "conversation", "conversations"), until)
	}
	return card
}

// waiting shows how long contacts wait.
func (c turnCard) waiting() g.Group {
	if c.NoWaiting != "" {
		return g.Group{none(c.NoWaiting)}
	}
	return g.Group{c.Waiting.node(), note(c.Note), query(c.Waiting.SQL)}
}
