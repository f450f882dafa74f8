package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// humanTeamEvents makes the views of the events of several teams.
type humanTeamEvents struct {
	view  humanTeams
	total int
}

func (h humanTeamEvents) progress() (progressOf[teamEvent], time.Duration) {
	shared := teamsProgress{view: h.view, teamsTally: teamsTally{total: h.total}}
	if h.view.err.interactive() && !h.view.logging {
		return &teamBars{shared}, barInterval
	}
	return &teamHeartbeats{shared}, heartbeatInterval
}

// teamsProgress is what the views on a terminal and elsewhere share.
type teamsProgress struct {
	view humanTeams
	teamsTally
	// unknown are the unknown fields that one of the teams was told of.
	unknown map[string]bool
}

// show prints what a person should see at once.
func (p *teamsProgress) show(at time.Time, event teamEvent) {
	one := p.add(at, event)
	switch {
	case event.applying != nil:
		p.view.of(event.team).diagnostics(event.applying.Plan.Warnings())
	case p.repeats(event.event):
	case one != nil && event.event != nil:
		one.notices.announce(p.view.err, one.phase, event.event)
	case one != nil:
		one.notices.rest(p.view.err)
	}
}

// repeats reports whether an event says again what was said of another team: the tables of
// all teams have the same fields.
func (p *teamsProgress) repeats(event exporter.Event) bool {
	field, ok := event.(exporter.UnknownField)
	if !ok {
		return false
	}
	if p.unknown == nil {
		p.unknown = make(map[string]bool)
	}
	known := p.unknown[field.Field]
	p.unknown[field.Field] = true
	return known
}

// end leaves no status line, and says what the notices left out.
func (p *teamsProgress) end() {
	p.view.err.setStatus("")
	for _, one := range p.running {
		one.notices.rest(p.view.err)
	}
}

// teamBars is a line for each team that runs and one for all, drawn again and again.
type teamBars struct{ teamsProgress }

func (b *teamBars) event(at time.Time, event teamEvent) {
	b.show(at, event)
	if event.ended != nil && event.ended.Outcome != teams.Done {
		b.view.err.print(teamEndText(*event.ended) + "\n")
	}
}

func (b *teamBars) tick(at time.Time) {
	if width, height, ok := b.view.err.screen(); ok && !b.started.IsZero() {
		b.view.err.setStatus(teamLines(&b.teamsTally, at, width-1, height-1)...)
	}
}

// longestTeam is how many characters of a team's name stand before its bar.
const longestTeam = 20

// teamLines are the lines of the teams that run, as many as there is room for, and the line
// of all teams.
func teamLines(t *teamsTally, at time.Time, width, height int) []string {
	shown, names := t.running, 0
	if room := max(height-1, 0); len(shown) > room {
		shown = shown[:max(room-1, 0)]
	}
	for _, one := range shown {
		names = max(names, columns(shorten(one.team, longestTeam)))
	}
	lines := make([]string, 0, len(shown)+2)
	for _, one := range shown {
		name := inline(outward(shorten(one.team, longestTeam)))
		name += strings.Repeat(" ", max(names-columns(name), 0)) + "  "
		lines = append(lines, name+barText(one.tally, at, width-columns(name)))
	}
	if more := len(t.running) - len(shown); more > 0 && height > 1 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return append(lines, teamsLine(t, at))
}

// teamsLine sums up all teams.
func teamsLine(t *teamsTally, at time.Time) string {
	done, verb := t.planned, "planned"
	if t.planned == 0 {
		done, verb = t.ended[teams.Done], "done"
	}
	parts := []string{fmt.Sprintf("%d of %s %s", done, many(int64(t.total), "team"), verb)}
	for _, outcome := range outcomes() {
		if n := t.ended[outcome]; n > 0 && outcome != teams.Done {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcomeText(outcome)))
		}
	}
	parts = append(parts, fmt.Sprintf("%d running", len(t.running)))
	if t.pages > 0 {
		parts = append(parts, many(t.rows, "row")+" read", many(t.pages, "page"))
		if elapsed := at.Sub(t.started); elapsed >= burst {
			parts = append(parts, count(int64(float64(t.rows)/elapsed.Seconds()+0.5))+" rows/s")
		}
	}
	return strings.Join(parts, ", ")
}

// teamHeartbeats is a line for all teams now and then, and one when a team ends.
type teamHeartbeats struct{ teamsProgress }

func (h *teamHeartbeats) event(at time.Time, event teamEvent) {
	h.show(at, event)
	if event.ended != nil {
		h.view.err.print(teamEndText(*event.ended) + "\n")
	}
}

func (h *teamHeartbeats) tick(at time.Time) {
	if !h.started.IsZero() {
		h.view.err.print(teamsLine(&h.teamsTally, at) + "\n")
	}
}

// teamEndText is the line of a team that has ended.
func teamEndText(result teams.Result) string {
	result = outward(result)
	text := inline(result.Team) + ": " + outcomeText(result.Outcome)
	switch result.Outcome {
	case teams.Done:
		text += fmt.Sprintf(", %s in %s s", many(result.Summary.Proof.Rows, "row"), fixed(result.Summary.Seconds))
	case teams.Failed:
		text += ": " + inline(withoutMarks(result.Err.Error()))
	case teams.Fresh, teams.Unproven, teams.Interrupted, teams.NotStarted:
	}
	return text
}
