package report

import (
	"strconv"

	g "maragu.dev/gomponents"
)

// Every element, attribute and text of a page is made here. gomponents escapes texts and
// the values of attributes; a page has two raw texts, the document type and the style.
// Where the compiler inlines its functions, it copies what they return: 0.4 MB for a page.

//go:noinline
func el(name string, children ...g.Node) g.Node { return g.El(name, children...) }

//go:noinline
func attr(name, value string) g.Node { return g.Attr(name, value) }

//go:noinline
func plain(text string) g.Node { return g.Text(text) }

func class(names string) g.Node { return attr("class", names) }

func number(name string, n int) g.Node { return attr(name, strconv.Itoa(n)) }

// section is a card with a title; its id is what links and tests find it by.
func section(id, title string, children ...g.Node) g.Node {
	return el("section", class("card"), attr("id", id), lines(el("h2", plain(title))), lines(children...))
}

// lines puts each node on a line, so that people can read the source of a page.
func lines(nodes ...g.Node) g.Node {
	var list g.Group
	for _, one := range nodes {
		if one != nil {
			list = append(list, plain("\n"), one)
		}
	}
	return list
}

func note(text string) g.Node { return el("p", class("note"), plain(text)) }

// none says why there is nothing to show.
func none(why string) g.Node { return el("p", class("none"), plain(why)) }

// query is the SQL that counts what a chart shows; nothing when there is none.
func query(sql string) g.Node {
	if sql == "" {
		return nil
	}
	return el("details", el("summary", plain("SQL")), el("pre", class("mono"), plain(sql)))
}

// items is a list of sentences.
func items(sentences []string) g.Node {
	return el("ul", class("plain"), g.Map(sentences, func(text string) g.Node { return el("li", plain(text)) }))
}

// legend explains a colour.
func legend(color, text string) g.Node { return el("li", el("i", class(color)), plain(text)) }

func heading(classes, text string) g.Node {
	return el("th", g.If(classes != "", class(classes)), plain(text))
}

// figure is a cell with a number; on a phone the name of its column is beside it.
func figure(column, text string) g.Node {
	return el("td", class("n"), attr("data-name", column), plain(text))
}

func tag(text string) g.Node { return el("span", class("tag"), plain(text)) }

// remark is a small text below what it is about.
func remark(text string) g.Node {
	if text == "" {
		return nil
	}
	return g.Group{el("br"), el("small", class("none"), plain(text))}
}
