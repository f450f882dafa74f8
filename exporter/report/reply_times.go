package report

import (
	"fmt"
	"time"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/schema"
)

// replyTimes counts the newest replies by weekday, Monday first, and hour, in UTC.
type replyTimes [7][24]int64

func (r *replyTimes) add(at time.Time) {
	at = at.UTC()
	r[(int(at.Weekday())+6)%7][at.Hour()]++
}

// heatCard is a chart with a row a weekday and a cell an hour; Missing says why there is
// none.
type heatCard struct {
	Name, Missing, Note, SQL string
	Height                   int
	Days, Hours              []heatLabel
	Cells                    []heatCell
}

type heatLabel struct {
	X, Label string
	Y        int
}

type heatCell struct {
	X, Width, Opacity, Title string
	Y                        int
}

// The chart's geometry: the names of the days take the first tenth of its width.
const (
	heatRow  = 24
	heatLeft = 10.0
	heatHour = (100 - heatLeft) / 24
)

func newHeatCard(table *schema.Table, f *facts, q queries) heatCard {
	card := heatCard{Name: "Newest replies by weekday and hour", Missing: missing(table, schema.RoleRepliedAt)}
	if card.Missing != "" {
		return card
	}
	var top, all int64
	for _, hours := range f.replyTimes {
		for _, n := range hours {
			top, all = max(top, n), all+n
		}
	}
	if all == 0 {
		card.Missing = "No conversation has a reply with its time."
		return card
	}
	for day, hours := range f.replyTimes {
		name := time.Weekday((day + 1) % 7).String()[:3]
		y := day * heatRow
		card.Days = append(card.Days, heatLabel{X: "0", Label: name, Y: y + 15})
		for hour, n := range hours {
			if n == 0 {
				continue
			}
			card.Cells = append(card.Cells, heatCell{
				X: trim(heatLeft+heatHour*float64(hour)) + "%", Width: trim(heatHour*0.9) + "%", Y: y,
				Opacity: trim(0.15 + 0.85*float64(n)/float64(top)), Title: fmt.Sprintf("%s %02d:00 to %02d:00: %s", name, hour, hour+1, count(n)),
			})
		}
	}
	const bottom = 7*heatRow + 14
	for hour := 0; hour < 24; hour += 6 {
		card.Hours = append(card.Hours, heatLabel{X: trim(heatLeft+heatHour*float64(hour)) + "%", Label: fmt.Sprintf("%02d:00", hour), Y: bottom})
	}
	card.Height = bottom + 6
	card.SQL = q.replyTimes()
	card.Note = fmt.Sprintf("The newest reply of %s, in UTC, when lemlist registered it. The busiest hour of the week has %s.",
		many(all, "conversation", "conversations"), many(top, "reply", "replies"))
	return card
}

func (c heatCard) node() g.Group {
	if c.Missing != "" {
		return g.Group{none(c.Missing)}
	}
	return g.Group{
		drawing(c.Name, c.Height, g.Map(c.Days, heatLabel.node), g.Map(c.Cells, heatCell.node), g.Map(c.Hours, heatLabel.node)),
		note(c.Note), query(c.SQL),
	}
}

func (l heatLabel) node() g.Node { return label("small", l.X, l.Y, "", l.Label) }

func (c heatCell) node() g.Node {
	return titled(c.Title, rectangle("one", c.X, c.Y, c.Width, 21, attr("fill-opacity", c.Opacity)))
}
