package report

import (
	"math"

	g "maragu.dev/gomponents"
)

// columnChart is a histogram: columns with their numbers, and the edges between
// them.
type columnChart struct {
	Name, SQL             string
	Height, Floor, EdgesY int
	Columns               []columnBar
	Edges                 []tick
}

type columnBar struct {
	X, Width, Middle, Value, Title string
	Y, Height, ValueY              int
}

func newColumnChart(name string, h histogram) columnChart {
	chart := columnChart{Name: name, Height: chartFloor + 26, Floor: chartFloor, EdgesY: chartFloor + 18}
	var top int64
	for _, n := range h.counts {
		top = max(top, n)
	}
	slot := 100 / float64(len(h.counts))
	for i, n := range h.counts {
		height := int(math.Round(float64(chartFloor-chartTop) * float64(n) / float64(max(top, 1))))
		if n > 0 {
			height = max(height, 1)
		}
		chart.Columns = append(chart.Columns, columnBar{
			X: trim(slot*float64(i)+slot*0.08) + "%", Width: trim(slot*0.84) + "%", Middle: trim(slot*(float64(i)+0.5)) + "%",
			Y: chartFloor - height, Height: height, ValueY: chartFloor - height - 6, Value: count(n), Title: h.name(i) + ": " + count(n),
		})
		if i < len(h.edges) {
			chart.Edges = append(chart.Edges, tick{X: trim(slot*float64(i+1)) + "%", Label: h.edges[i].name, Y: chartFloor})
		}
	}
	return chart
}

func (c columnChart) node() g.Node {
	return drawing(c.Name, c.Height,
		g.Map(c.Columns, columnBar.node),
		line("axis", "0", "100%", c.Floor, c.Floor),
		g.Map(c.Edges, func(edge tick) g.Node {
			return g.Group{line("axis", edge.X, edge.X, c.Floor, edge.Y), label("small", edge.X, c.EdgesY, "middle", edge.Label)}
		}))
}

func (b columnBar) node() g.Node {
	return titled(b.Title, rectangle("one", b.X, b.Y, b.Width, b.Height), label("value on", b.Middle, b.ValueY, "middle", b.Value))
}
