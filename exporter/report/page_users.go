package report

import (
	"slices"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// peopleCard lists the users with their conversations.
type peopleCard struct {
	Unread  barsCard
	Rows    []personRow
	More    int
	Missing string
	Note    string
	SQL     string
}

type personRow struct {
	User, Rows, Sender, Unread, Turn string
	// NotWalked says that the walk did not read this user's inbox.
	NotWalked bool
}

// mostPeople is the most users that are listed.
const mostPeople = 50

func newPeopleCard(table *schema.Table, f *facts, proof exporter.Proof, names userNames, q queries) peopleCard {
	if why := missing(table, schema.RoleUserID); why != "" {
		return peopleCard{Missing: why, Unread: barsCard{Missing: why}}
	}
	ranked := f.users.ranked(func(u *userFacts) int64 { return u.rows })
	if len(ranked) == 0 {
		const none = "No row names a user."
		return peopleCard{Missing: none, Unread: barsCard{Missing: none}}
	}
	card := peopleCard{Unread: unreadCard(table, f, ranked, names, q), SQL: q.people(), Note: names.note()}
	counted := func(role schema.Role, n int64) string {
		if table.NameOf(role) == "" {
			return "–" // the export does not say
		}
		return count(n)
	}
	for i, one := range ranked {
		if i == mostPeople {
			card.More = len(ranked) - mostPeople
			break
		}
		card.Rows = append(card.Rows, personRow{
			User: names.of(one.name), Rows: count(one.T.rows), Sender: counted(schema.RoleSender, one.T.sender),
			Unread: counted(schema.RoleRead, one.T.unread), Turn: counted(schema.RoleTurn, one.T.turn),
			NotWalked: names.matched &&
				!slices.ContainsFunc(proof.Partitions, func(u exporter.PartitionProof) bool { return u.Partition == one.name }),
		})
	}
	if f.noUser > 0 {
		card.Note = many(f.noUser, "conversation names no user.", "conversations name no user.") + " " + card.Note
	}
	return card
}

// node lists the users. namesMissing says why they have no names, if so.
func (c peopleCard) node(namesMissing string) g.Group {
	if c.Missing != "" {
		return g.Group{none(c.Missing)}
	}
	about := c.Note
	if c.More > 0 {
		about = count(int64(c.More)) + " more users are not listed. " + about
	}
	if namesMissing != "" {
		about += " " + namesMissing
	}
	return g.Group{
		el("table", class("stack"),
			lines(el("tr", class("names"), heading("", "User"), heading("n", "Conversations"), heading("n", "Sends in"), heading("n", "Unread"), heading("n", "Team’s turn"))),
			lines(g.Map(c.Rows, personRow.node)...),
		),
		note(about), query(c.SQL),
	}
}

func (r personRow) node() g.Node {
	return el("tr",
		el("td", class("who"), plain(r.User), g.If(r.NotWalked, tag("inbox not read"))),
		figure("Conversations", r.Rows), figure("Sends in", r.Sender), figure("Unread", r.Unread), figure("Team’s turn", r.Turn),
	)
}

func unreadCard(table *schema.Table, f *facts, ranked []named[userFacts], names userNames, q queries) barsCard {
	if why := missing(table, schema.RoleRead); why != "" {
		return barsCard{Missing: why}
	}
	widest := ranked[0].T.rows
	others := f.users.rest
	var list []bar
	add := func(label string, u userFacts) {
		list = append(list, bar{Label: label, Value: count(u.unread) + " of " + count(u.rows) + " unread",
			Parts: parts(max(widest, u.rows), stretch{u.unread, "two"}, stretch{u.rows - u.unread, "rest"})})
	}
	for i, one := range ranked {
		if i < mostBars {
			add(names.of(one.name), *one.T)
			continue
		}
		others.rows, others.unread = others.rows+one.T.rows, others.unread+one.T.unread
	}
	if others.rows > 0 {
		add("all others", others)
	}
	return barsCard{Bars: newBars("Unread conversations by user", list), SQL: q.unread(),
		Note: "A conversation counts for every user who takes part. Nobody but the user marks it as read; the export never does."}
}
