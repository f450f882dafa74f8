package report

import (
	"fmt"
	"strings"
	"time"

	g "maragu.dev/gomponents"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// activityCard shows when conversations moved.
type activityCard struct {
	lineChart
	Note, SQL string
}

func newActivityCard(table *schema.Table, f *facts, window exporter.Window, q queries) activityCard {
	var shown []series
	var roles []schema.Role
	for _, one := range []series{
		{seriesActive, schema.RoleVersion, "one", "newest activity"},
		{seriesCreated, schema.RoleCreated, "two", "created"},
		{seriesReplied, schema.RoleRepliedAt, "three", "newest reply"},
	} {
		if table.NameOf(one.role) != "" {
			shown, roles = append(shown, one), append(roles, one.role)
		}
	}
	card := activityCard{lineChart: newLineChart("Conversations by time", f.moments, shown, f.asOf)}
	if len(card.Dates) > 0 {
		card.SQL = q.activity(card.drawn, roles)
	}
	card.Note = card.about(window, f.asOf)
	return card
}

func (c activityCard) node() g.Group {
	if len(c.Dates) == 0 {
		return g.Group{none("No row says when.")}
	}
	return g.Group{
		el("ul", class("key"),
			g.Map(c.Series, func(one seriesPath) g.Node { return legend(one.Class, one.Label) }),
			g.If(c.Open != nil, legend("open", "unfinished "+c.Step)),
			el("li", plain("conversations a "+c.Step+", UTC"))),
		c.lineChart.node(), note(c.Note), query(c.SQL),
	}
}

func (c activityCard) about(window exporter.Window, asOf time.Time) string {
	var said []string
	if c.Open != nil {
		said = append(said, fmt.Sprintf("The last %s is unfinished: the export has rows until %s.", c.Step, stamp(asOf)))
	}
	if window.OldestActivity != nil && window.NewestActivity != nil {
		said = append(said, fmt.Sprintf("Newest activities from %s to %s.", date(*window.OldestActivity), date(*window.NewestActivity)))
	}
	said = append(said, "A conversation counts once in each line. The export has only the newest activity and the newest reply of each, so older "+
		c.Step+"s look quieter than they were.")
	if c.Early > 0 {
		said = append(said, many(c.Early, "moment", "moments")+" far before the others are not drawn.")
	}
	return strings.Join(said, " ")
}
