package report

import (
	g "maragu.dev/gomponents"
)

// drawing is a chart as wide as the page allows, with its name for readers of screens.
func drawing(name string, height int, children ...g.Node) g.Node {
	return el("svg", class("chart"), attr("role", "img"), attr("aria-label", name), attr("width", "100%"), number("height", height), lines(children...))
}

// titled is a group of shapes with the text that appears when the mouse is on it.
func titled(title string, children ...g.Node) g.Node {
	return el("g", el("title", plain(title)), g.Group(children))
}

func rectangle(classes, x string, y int, width string, height int, more ...g.Node) g.Node {
	return el("rect", append([]g.Node{class(classes), attr("x", x), number("y", y), attr("width", width), number("height", height)}, more...)...)
}

func line(classes, x1, x2 string, y1, y2 int) g.Node {
	return el("line", class(classes), attr("x1", x1), attr("x2", x2), number("y1", y1), number("y2", y2))
}

// label is a text that starts at x unless anchor says otherwise.
func label(classes, x string, y int, anchor, text string) g.Node {
	return el("text", g.If(classes != "", class(classes)), attr("x", x), number("y", y),
		g.If(anchor != "", attr("text-anchor", anchor)), plain(text))
}

func curve(classes, d string) g.Node { return el("path", class(classes), attr("d", d)) }
