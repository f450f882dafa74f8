package main

import (
	"errors"
	"image/color"
	"math"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/lemexport/lemexport/bench/process"
)

// measure is what one panel of the plot shows.
type measure struct {
	title string
	value func(process.Usage) float64
}

func measures() [][]measure {
	const mebibyte = 1 << 20
	return [][]measure{{
		{"CPU, s", func(u process.Usage) float64 { return u.CPU.Seconds() }},
		{"wall, s", func(u process.Usage) float64 { return u.Wall.Seconds() }},
		{"peak memory, MiB", func(u process.Usage) float64 { return float64(u.Peak) / mebibyte }},
	}, {
		{"temporary disk, MiB", func(u process.Usage) float64 { return float64(u.Disk) / mebibyte }},
		{"file, MiB", func(u process.Usage) float64 { return float64(u.Size) / mebibyte }},
	}}
}

// plot writes the growth as SVG: a panel for every measure, both axes logarithmic, so that
// what grows in proportion is a straight line of the same slope everywhere.
func (g growth) plot(path string) (err error) {
	const width, height = 30 * vg.Centimeter, 18 * vg.Centimeter
	plot.DefaultFont.Variant = "Sans"
	picture := vgsvg.New(width, height)
	canvas := draw.New(picture)
	canvas.FillPolygon(color.White, canvas.ClipPolygonXY([]vg.Point{{}, {X: width}, {X: width, Y: height}, {Y: height}}))
	tiles := draw.Tiles{Rows: 2, Cols: 3, PadX: vg.Centimeter, PadY: vg.Centimeter, PadTop: vg.Millimeter, PadBottom: vg.Millimeter, PadLeft: vg.Centimeter, PadRight: vg.Centimeter}
	var panels [][]*plot.Plot
	for _, row := range measures() {
		panels = append(panels, make([]*plot.Plot, tiles.Cols))
		for column, one := range row {
			if panels[len(panels)-1][column], err = g.panel(one); err != nil {
				return err
			}
		}
	}
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.Padding = true, true, vg.Millimeter
	for i, one := range g.lines() {
		line, points, err := plotter.NewLinePoints(plotter.XYs{{X: 1, Y: 1}})
		if err != nil {
			return err
		}
		style(i, line, points)
		users := "1 user"
		if one.users > 1 {
			users = strconv.Itoa(one.users) + " users"
		}
		legend.Add(one.name+", "+users, line, points)
	}
	for row, places := range plot.Align(panels, tiles, canvas) {
		for column, place := range places {
			if panels[row][column] != nil {
				panels[row][column].Draw(place)
				continue
			}
			legend.Draw(place)
		}
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = picture.WriteTo(file)
	return errors.Join(err, file.Close())
}

// lines are the steps that have a line of their own.
func (g growth) lines() (all []step) {
	for _, name := range growthSteps() {
		for _, users := range growthTeams() {
			all = append(all, step{name, users})
		}
	}
	return all
}

// panel draws one measure of every step that has it.
func (g growth) panel(one measure) (*plot.Plot, error) {
	panel := plot.New()
	panel.Title.Text, panel.X.Label.Text = one.title, "conversations"
	panel.X.Scale, panel.Y.Scale = plot.LogScale{}, plot.LogScale{}
	panel.X.Tick.Marker, panel.Y.Tick.Marker = decades(), decades()
	panel.Add(plotter.NewGrid())
	for i, name := range g.lines() {
		var drawn plotter.XYs
		for _, size := range g.sizes {
			// A logarithm has no place for nothing.
			if value := one.value(g.took[name][size]); value > 0 {
				drawn = append(drawn, plotter.XY{X: float64(size), Y: value})
			}
		}
		if len(drawn) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(drawn)
		if err != nil {
			return nil, err
		}
		style(i, line, points)
		panel.Add(line, points)
	}
	panel.Y.Min, panel.Y.Max = math.Pow(10, math.Floor(math.Log10(panel.Y.Min))), math.Pow(10, math.Ceil(math.Log10(panel.Y.Max)))
	return panel, nil
}

// decades marks the powers of ten.
func decades() plot.TickerFunc {
	return func(least, most float64) (ticks []plot.Tick) {
		for power := math.Round(math.Log10(least)); power <= math.Round(math.Log10(most)); power++ {
			at := math.Pow(10, power)
			ticks = append(ticks, plot.Tick{Value: at, Label: short(at)})
		}
		return ticks
	}
}

// short writes 10,000 as 10 k.
func short(value float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, " M"}, {1e3, " k"}} {
		if value >= unit.size {
			return strconv.FormatFloat(value/unit.size, 'g', 3, 64) + unit.name
		}
	}
	return strconv.FormatFloat(value, 'g', 3, 64)
}

// style gives the teams of a step its colour, and those of more users dashes.
func style(i int, line *plotter.Line, points *plotter.Scatter) {
	teams := len(growthTeams())
	line.Color, line.Dashes = plotutil.Color(i/teams), plotutil.Dashes(i%teams)
	points.Color, points.Shape = line.Color, draw.CircleGlyph{}
}
