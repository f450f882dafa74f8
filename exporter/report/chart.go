package report

import (
	"math"
	"strings"
	"time"

	"github.com/lemexport/lemexport/schema"
)

// The charts are drawn for a width that is not known: lengths across are
// percentages, letters keep their size, and only lines and areas are stretched.

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

const barHeight = 42

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

// Track is the place of a bar's line.
func (b bar) Track() int { return b.Y + 8 }

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

// PlotHeight is the height of the scale.
func (lineChart) PlotHeight() int { return chartFloor - chartTop }

// PlotTop is where the scale ends.
func (lineChart) PlotTop() int { return chartTop }

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
