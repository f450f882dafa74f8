package report

import (
	_ "embed"

	g "maragu.dev/gomponents"
)

//go:embed style.css
var style string

// document is the whole page, as HTML.
func document(p page) g.Node {
	title := p.Table + ", " + p.Finished
	if p.Simulated {
		title = "SIMULATED DATA – " + title
	}
	return g.Group{g.Raw("<!DOCTYPE html>\n"), el("html", attr("lang", "en"), lines(
		el("head", lines(
			el("meta", attr("charset", "utf-8")),
			meta("viewport", "width=device-width, initial-scale=1"),
			meta("color-scheme", "light dark"),
			meta("robots", "noindex"),
			meta("referrer", "no-referrer"),
			el("meta", attr("http-equiv", "Content-Security-Policy"), attr("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
			el("link", attr("rel", "icon"), attr("href", "data:,")),
			el("title", plain(title)),
			el("style", g.Raw("\n"+style)),
		)),
		el("body", lines(top(p), body(p), bottom(p))),
	))}
}

func meta(name, content string) g.Node {
	return el("meta", attr("name", name), attr("content", content))
}

func top(p page) g.Node {
	subject := g.Group{el("code", plain(p.Table))}
	switch {
	case p.Conversations && p.Simulated:
		subject = g.Group{plain("inbox")}
	case p.Conversations:
		subject = g.Group{plain("Inbox")}
	}
	verdict := "good"
	if !p.Proof.Complete {
		verdict = "warn"
	}
	return el("header", lines(
		el("div", class("over"), plain("lemexport report · "), el("code", plain(p.File)), plain(" · "+p.Bytes)),
		el("h1", g.If(p.Simulated, plain("Simulated ")), subject, plain(" of team "), el("span", class("mono"), plain(p.Team))),
		el("div", class("over"), plain("Read until "+p.Finished+" · run "), el("code", plain(p.Run)), plain(" · "+p.Tool)),
		g.Group{
			g.If(p.Simulated, el("span", class("pill warn"), plain("Simulated data: no row is real"))),
			el("span", class("pill "+verdict), plain(p.Proof.Verdict)),
		},
	))
}

func body(p page) g.Node {
	return el("main",
		lines(el("div", class("tiles"), lines(g.Map(p.Tiles, tile.node)...))),
		lines(section("proof", "Proof", p.Proof.node(p.Conversations)...)),
		g.If(p.Conversations, charts(p)),
		lines(
			section("unknown", "Fields the table does not know", unknown(p)...),
			section("schema", "Columns",
				g.If(p.Reduced != "", el("p", plain("This export is reduced: "+p.Reduced+"."))),
				el("table",
					lines(el("tr", heading("", "Column"), heading("wide", "Type"), heading("wide", "Meaning"), heading("", "Filled"))),
					lines(g.Map(p.Columns, columnRow.node)...),
				),
			),
		),
	)
}

// charts are the sections about conversations.
func charts(p page) g.Node {
	return lines(
		section("activity", "Activity over time", p.Activity.node()...),
		el("div", class("pair"), lines(
			section("by-channel", "Channels", p.Channels.node()...),
			section("rate", "Reply rate by channel", p.Replies.Rate.node()...),
			section("rate-users", "Reply rate by user", p.Replies.RateByUser.node()...),
			section("times", "When replies come", p.ReplyTimes.node()...),
			section("after", "How fast the newest reply came", p.Replies.after()...),
			section("first", "First reply, at the latest", p.Replies.First.node()...),
			section("turn", "Whose turn it is", p.Turn.Whose.node()...),
			section("waiting", "How long contacts wait", p.Turn.waiting()...),
			section("unread", "Unread by user", p.People.Unread.node()...),
			section("tasks", "Open tasks", p.Tasks.node()...),
		)),
		section("people", "Users", p.People.node(p.NamesMissing)...),
	)
}

func unknown(p page) g.Group {
	if len(p.Unknown) == 0 {
		return g.Group{none("None: every key the API sent has its column.")}
	}
	about := g.Group{plain("This export leaves their values out.")}
	if p.Extra != "" {
		about = g.Group{plain("The column "), el("code", plain(p.Extra)), plain(" keeps their values, in as many rows as stated. They are not shown here.")}
	}
	return g.Group{
		el("p", about),
		el("table",
			lines(el("tr", heading("", "Field"), heading("n", "Rows"), heading("n", "Share"))),
			lines(g.Map(p.Unknown, unknownRow.node)...),
		),
		g.If(p.UnknownMore > 0, note(count(int64(p.UnknownMore))+" more are not listed.")),
	}
}

func bottom(p page) g.Node {
	said := "Made from one read of the file. This page loads nothing, runs no script and sends nothing. It holds " + p.Holds +
		"; no contacts, addresses, subjects or messages."
	if p.Conversations {
		said += " DuckDB runs the SQL below each chart in the folder of the export."
	}
	return el("footer", lines(el("p", plain(said))))
}
