package report

import (
	_ "embed"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

//go:embed style.css
var style string

// document is the whole page, as HTML.
func document(p page) g.Node {
	title := p.Table + ", " + p.Finished
	if p.Simulated {
		title = "SIMULATED DATA – " + title
	}
	return h.Doctype(h.HTML(h.Lang("en"), lines(
		h.Head(lines(
			h.Meta(h.Charset("utf-8")),
			meta("viewport", "width=device-width, initial-scale=1"),
			meta("color-scheme", "light dark"),
			meta("robots", "noindex"),
			meta("referrer", "no-referrer"),
			h.Meta(g.Attr("http-equiv", "Content-Security-Policy"), h.Content("default-src 'none'; style-src 'unsafe-inline'; img-src data:")),
			h.Link(h.Rel("icon"), h.Href("data:,")),
			h.TitleEl(g.Text(title)),
			h.StyleEl(g.Raw("\n"+style)),
		)),
		h.Body(lines(top(p), body(p), bottom(p))),
	)))
}

func meta(name, content string) g.Node { return h.Meta(h.Name(name), h.Content(content)) }

func top(p page) g.Node {
	subject := g.Group{h.Code(g.Text(p.Table))}
	switch {
	case p.Conversations && p.Simulated:
		subject = g.Group{g.Text("inbox")}
	case p.Conversations:
		subject = g.Group{g.Text("Inbox")}
	}
	verdict := "good"
	if !p.Proof.Complete {
		verdict = "warn"
	}
	return h.Header(lines(
		h.Div(h.Class("over"), g.Text("lemexport report · "), h.Code(g.Text(p.File)), g.Text(" · "+p.Bytes)),
		h.H1(g.If(p.Simulated, g.Text("Simulated ")), subject, g.Text(" of team "), h.Span(h.Class("mono"), g.Text(p.Team))),
		h.Div(h.Class("over"), g.Text("Read until "+p.Finished+" · run "), h.Code(g.Text(p.Run)), g.Text(" · "+p.Tool)),
		g.Group{
			g.If(p.Simulated, h.Span(h.Class("pill warn"), g.Text("Simulated data: no row is real"))),
			h.Span(h.Class("pill "+verdict), g.Text(p.Proof.Verdict)),
		},
	))
}

func body(p page) g.Node {
	return h.Main(
		lines(h.Div(h.Class("tiles"), lines(g.Map(p.Tiles, tile.node)...))),
		lines(section("proof", "Proof", p.Proof.node(p.Conversations)...)),
		g.Iff(p.Conversations, func() g.Node { return charts(p) }),
		lines(
			section("unknown", "Fields the table does not know", unknown(p)...),
			section("schema", "Columns",
				g.If(p.Reduced != "", h.P(g.Text("This export is reduced: "+p.Reduced+"."))),
				h.Table(
					lines(h.Tr(heading("", "Column"), heading("wide", "Type"), heading("wide", "Meaning"), heading("", "Filled"))),
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
		h.Div(h.Class("pair"), lines(
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
	about := g.Group{g.Text("This export leaves their values out.")}
	if p.Extra != "" {
		about = g.Group{g.Text("The column "), h.Code(g.Text(p.Extra)), g.Text(" keeps their values, in as many rows as stated. They are not shown here.")}
	}
	return g.Group{
		h.P(about),
		h.Table(
			lines(h.Tr(heading("", "Field"), heading("n", "Rows"), heading("n", "Share"))),
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
	return h.Footer(lines(h.P(g.Text(said))))
}

// section is a card with a title; its id is what links and tests find it by.
func section(id, title string, children ...g.Node) g.Node {
	return h.Section(h.Class("card"), h.ID(id), lines(h.H2(g.Text(title))), lines(children...))
}

// lines puts each node on a line, so that people can read the source of a page.
func lines(nodes ...g.Node) g.Node {
	var list g.Group
	for _, one := range nodes {
		if one != nil {
			list = append(list, g.Text("\n"), one)
		}
	}
	return list
}

func note(text string) g.Node { return h.P(h.Class("note"), g.Text(text)) }

// none says why there is nothing to show.
func none(why string) g.Node { return h.P(h.Class("none"), g.Text(why)) }

// query is the SQL that counts what a chart shows; nothing when there is none.
func query(sql string) g.Node {
	if sql == "" {
		return nil
	}
	return h.Details(h.Summary(g.Text("SQL")), h.Pre(h.Class("mono"), g.Text(sql)))
}

// items is a list of sentences.
func items(sentences []string) g.Node {
	return h.Ul(h.Class("plain"), g.Map(sentences, func(text string) g.Node { return h.Li(g.Text(text)) }))
}

// legend explains a colour.
func legend(class, text string) g.Node { return h.Li(h.I(h.Class(class)), g.Text(text)) }

func heading(class, text string) g.Node {
	return h.Th(g.If(class != "", h.Class(class)), g.Text(text))
}

// figure is a cell with a number; on a phone the name of its column is beside it.
func figure(column, text string) g.Node {
	return h.Td(h.Class("n"), h.Data("name", column), g.Text(text))
}

func tag(text string) g.Node { return h.Span(h.Class("tag"), g.Text(text)) }

// remark is a small text below what it is about.
func remark(text string) g.Node {
	if text == "" {
		return nil
	}
	return g.Group{h.Br(), h.Small(h.Class("none"), g.Text(text))}
}
