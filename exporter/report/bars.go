package report

import g "maragu.dev/gomponents"

// bar is a name, a number and a line of parts beneath.
type bar struct {
	Label, Value, Title string
	Y                   int // of the text
	Parts               []part
}

// part is a stretch of a bar, in percent.
type part struct{ X, Width, Class string }

// bars is a chart of bars below each other.
type bars struct {
	Name   string
	Height int
	Bars   []bar
}

const (
	barHeight = 42
	barLine   = 9
)

// longestLabel is the runes of a label beside a number on a phone.
const longestLabel = 26

func newBars(name string, list []bar) bars {
	for i := range list {
		list[i].Y = i*barHeight + 15
		if list[i].Title == "" {
			list[i].Title = list[i].Label + ": " + list[i].Value
		}
		if label := []rune(list[i].Label); len(label) > longestLabel {
			list[i].Label = string(label[:longestLabel-1]) + "…"
		}
	}
	return bars{Name: name, Height: max(len(list)*barHeight-6, 0), Bars: list}
}

func (b bars) node() g.Node {
	return drawing(b.Name, b.Height, g.Map(b.Bars, bar.node)...)
}

// node draws a name and a number, and the parts below them.
func (b bar) node() g.Node {
	y := b.Y + 8
	return titled(b.Title,
		label("", "0", b.Y, "", b.Label), label("value", "100%", b.Y, "end", b.Value),
		rectangle("track", "0", y, "100%", barLine),
		g.Map(b.Parts, func(p part) g.Node { return rectangle(p.Class, p.X, y, p.Width, barLine) }))
}

// parts puts stretches of one whole behind each other.
func parts(whole int64, stretches ...stretch) []part {
	var list []part
	x := 0.0
	for _, one := range stretches {
		if one.n <= 0 || whole <= 0 {
			continue
		}
		width := 100 * float64(one.n) / float64(whole)
		list = append(list, part{X: trim(x) + "%", Width: trim(max(width, 0.4)) + "%", Class: one.class})
		x += width
	}
	return list
}

type stretch struct {
	n     int64
	class string
}

// barsCard is a chart of bars and a sentence about it; Missing says why there is none.
type barsCard struct {
	Bars               bars
	Note, Missing, SQL string
}

func (c barsCard) node() g.Group {
	if c.Missing != "" {
		return g.Group{none(c.Missing)}
	}
	return g.Group{c.Bars.node(), g.If(c.Note != "", note(c.Note)), query(c.SQL)}
}
