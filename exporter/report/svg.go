package report

import (
	"strconv"

	g "maragu.dev/gomponents"
	h "maragu.dev/gomponents/html"
)

// What the charts are drawn with. gomponents escapes every text and every value of an
// attribute; nothing here goes around it.

// drawing is a chart as wide as the page allows, with its name for readers of screens.
func drawing(name string, height int, children ...g.Node) g.Node {
	return h.SVG(h.Class("chart"), h.Role("img"), h.Aria("label", name), h.Width("100%"), number("height", height), lines(children...))
}

// titled is a group of shapes with the text that appears when the mouse is on it.
func titled(title string, children ...g.Node) g.Node {
	return g.El("g", h.TitleEl(g.Text(title)), g.Group(children))
}

func rectangle(class, x string, y int, width string, height int, more ...g.Node) g.Node {
	return g.El("rect", append([]g.Node{h.Class(class), g.Attr("x", x), number("y", y), h.Width(width), number("height", height)}, more...)...)
}

func line(class, x1, x2 string, y1, y2 int) g.Node {
	return g.El("line", h.Class(class), g.Attr("x1", x1), g.Attr("x2", x2), number("y1", y1), number("y2", y2))
}

// label is a text that starts at x unless anchor says otherwise.
func label(class, x string, y int, anchor, text string) g.Node {
	return g.El("text", g.If(class != "", h.Class(class)), g.Attr("x", x), number("y", y),
		g.If(anchor != "", g.Attr("text-anchor", anchor)), g.Text(text))
}

func curve(class, d string) g.Node { return g.El("path", h.Class(class), g.Attr("d", d)) }

func number(name string, n int) g.Node { return g.Attr(name, strconv.Itoa(n)) }
