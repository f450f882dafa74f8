package cli

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// teamEvent is what happened to one of several teams. One of the fields behind team is set.
type teamEvent struct {
	team     string
	event    exporter.Event
	planned  *teams.Planned
	applying *teams.Planned
	ended    *teams.Result
}

// teamEvents is the observer of the runs of several teams.
type teamEvents struct{ *buffer[teamEvent] }

func newTeamEvents(now func() time.Time) teamEvents { return teamEvents{newBuffer[teamEvent](now)} }

// Event implements [teams.Observer].
func (e teamEvents) Event(team string, event exporter.Event) {
	e.Observe(teamEvent{team: team, event: event})
}

// Planned implements [teams.Observer].
func (e teamEvents) Planned(plan teams.Planned) {
	e.Observe(teamEvent{team: plan.Team, planned: &plan})
}

// Applying implements [teams.Observer].
func (e teamEvents) Applying(plan teams.Planned) {
	e.Observe(teamEvent{team: plan.Team, applying: &plan})
}

// Ended implements [teams.Observer].
func (e teamEvents) Ended(result teams.Result) {
	e.Observe(teamEvent{team: result.Team, ended: &result})
}

// teamsTally sums up the events of several teams.
type teamsTally struct {
	total   int
	started time.Time
	// running are the teams that have begun and not ended, in that order.
	running []*teamTally
	planned int
	ended   map[teams.Outcome]int
	rows    int64
	pages   int64
}

// teamTally sums up the events of one of several teams.
type teamTally struct {
	team string
	tally
	notices noticeCounts
}

// add takes an event into account, and returns its team as it is after that; nil when the
// team does not run any more.
func (t *teamsTally) add(at time.Time, event teamEvent) *teamTally {
	if t.started.IsZero() {
		t.started = at
	}
	switch {
	case event.planned != nil:
		t.planned++
		return t.end(event.team)
	case event.ended != nil:
		if t.ended == nil {
			t.ended = make(map[teams.Outcome]int)
		}
		t.ended[event.ended.Outcome]++
		return t.end(event.team)
	case event.event == nil:
		return t.find(event.team)
	}
	if page, ok := event.event.(exporter.PageFetched); ok {
		t.rows += int64(page.Rows)
		t.pages++
	}
	one := t.find(event.team)
	if one == nil {
		one = &teamTally{team: event.team, notices: noticeCounts{team: event.team}}
		t.running = append(t.running, one)
	}
	one.add(at, event.event)
	return one
}

func (t *teamsTally) find(team string) *teamTally {
	for _, one := range t.running {
		if one.team == team {
			return one
		}
	}
	return nil
}

// end removes a team from those that run, and returns it.
func (t *teamsTally) end(team string) *teamTally {
	for i, one := range t.running {
		if one.team == team {
			t.running = append(t.running[:i:i], t.running[i+1:]...)
			return one
		}
	}
	return nil
}
