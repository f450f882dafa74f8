package report

import (
	"math"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/schema"
)

// The charts are drawn for a width that is not known: lengths across are
// percentages, letters keep their size, and only lines and areas are stretched.

// tick is a mark on an axis with its label.
type tick struct {
	X, Label, Anchor string
	Y, LabelY        int
	// Minor marks are left out on narrow screens.
	Minor bool
}

const (
	chartTop   = 24
	chartFloor = 184
)

func scaleLines(ticks []int64) []tick {
	var lines []tick
	for _, n := range ticks[1:] {
		y := chartFloor - int(math.Round(float64(chartFloor-chartTop)*float64(n)/float64(ticks[len(ticks)-1])))
		lines = append(lines, tick{Label: count(n), Y: y, LabelY: y - 4})
	}
	return lines
}

// lineChart draws series over time.
type lineChart struct {
	Name                 string
	Height, Floor, DateY int
	Step                 string
	drawn                step
	Lines, Dates         []tick
	// Open is the stretch of the last point when its time had not ended; nil when it had.
	Open *part
	// Series are the paths in a square of 1000 by 1000, the first with its area.
	Series []seriesPath
	Early  int64
}

type seriesPath struct{ Class, Label, Line, Area string }

// series is one line of a chart: the moments in a column.
type series struct {
	of           int
	role         schema.Role
	class, label string
}

func newLineChart(name string, t timeline, shown []series, asOf time.Time) lineChart {
	step, points, early := t.points()
	chart := lineChart{Name: name, Height: chartFloor + 28, Floor: chartFloor, DateY: chartFloor + 19, Step: step.String(), drawn: step, Early: early}
	if n := len(points); n > 0 && asOf.Before(step.next(points[n-1].start)) {
		from := 100 * across(max(n-2, 0), n)
		if n == 1 {
			from = 0
		}
		chart.Open = &part{X: trim(from) + "%", Width: trim(100-from) + "%"}
	}
	var top int64
	for _, one := range points {
		for _, n := range one.counts {
			top = max(top, n)
		}
	}
	ticks := niceTicks(top)
	chart.Lines = scaleLines(ticks)
	for _, one := range shown {
		path := newPath(one.class, points, one.of, ticks[len(ticks)-1])
		path.Label = one.label
		chart.Series = append(chart.Series, path)
	}
	chart.Dates = dateTicks(step, points)
	return chart
}

// node draws the scale behind the lines and its numbers over them.
func (c lineChart) node() g.Node {
	const plot = chartFloor - chartTop
	var behind, curves, scale, dates g.Group
	if c.Open != nil {
		behind = append(behind, rectangle("open", c.Open.X, chartTop, c.Open.Width, plot))
	}
	for _, one := range c.Series {
		if one.Area != "" {
			curves = append(curves, curve("area", one.Area))
		}
	}
	for _, one := range c.Series {
		curves = append(curves, curve(one.Class, one.Line))
	}
	for _, one := range c.Lines {
		scale = append(scale, label("small scale", "0", one.LabelY, "", one.Label))
	}
	for _, one := range c.Dates {
		class := "small"
		if one.Minor {
			class += " minor"
		}
		dates = append(dates, label(class, one.X, c.DateY, one.Anchor, one.Label))
	}
	return drawing(c.Name, c.Height,
		g.Map(c.Lines, func(one tick) g.Node { return line("grid", "0", "100%", one.Y, one.Y) }),
		behind,
		el("svg", attr("x", "0"), number("y", chartTop), attr("width", "100%"), number("height", plot),
			attr("viewBox", "0 0 1000 1000"), attr("preserveAspectRatio", "none"), curves),
		scale,
		line("axis", "0", "100%", c.Floor, c.Floor),
		dates)
}

func newPath(class string, points []point, series int, top int64) seriesPath {
	var line strings.Builder
	for i, one := range points {
		x, y := 1000*across(i, len(points)), 1000*(1-float64(one.counts[series])/float64(top))
		if i == 0 {
			line.WriteString("M")
		} else {
			line.WriteString("L")
		}
		line.WriteString(trim(x) + " " + trim(y))
	}
	path := seriesPath{Class: class, Line: line.String()}
	if len(points) == 1 { // a line takes two
		path.Line = strings.Replace(path.Line, "M500", "M0", 1) + "H1000"
	}
	if series == seriesActive && len(points) > 0 {
		path.Area = path.Line + "V1000H0Z"
	}
	return path
}

// across is the place of a point, from 0 to 1.
func across(i, n int) float64 {
	if n < 2 {
		return 0.5
	}
	return float64(i) / float64(n-1)
}

// dateTicks labels up to seven points, evenly apart, the first and the last
// within the drawing.
func dateTicks(step step, points []point) []tick {
	layout := [...]string{days: "2 Jan", weeks: "2 Jan 06", months: "Jan 2006", years: "2006"}[step]
	intervals := min(6, len(points)-1)
	var ticks []tick
	for i := range intervals + 1 {
		at := 0
		if intervals > 0 {
			at = int(math.Round(float64(i*(len(points)-1)) / float64(intervals)))
		}
		one := tick{X: trim(100*across(at, len(points))) + "%", Label: points[at].start.Format(layout), Anchor: "middle", Minor: i%2 == 1 && intervals > 2}
		switch {
		case intervals == 0:
		case i == 0:
			one.Anchor = "start"
		case i == intervals:
			one.Anchor = "end"
			one.Minor = false
		}
		ticks = append(ticks, one)
	}
	return ticks
}
