package cli

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// jsonTeams is the view of several teams.
type jsonTeams struct{ *jsonView }

func (v jsonTeams) plans(plans teamPlans) {
	for _, one := range plans.plans {
		team := v.ofTeam(one.Team)
		if one.Err != nil {
			team.diagnostics(exporter.Diagnose(one.Err))
			continue
		}
		team.plan(one.Plan)
		team.diagnostics(one.Plan.Warnings())
	}
}

func (v jsonTeams) proposal(plans teamPlans) { v.plans(plans) }

// teamResult is the end of a team in the summary of several.
type teamResult struct {
	Team    string        `json:"team"`
	Outcome teams.Outcome `json:"outcome"`
	Error   string        `json:"error,omitempty"`
	Hint    string        `json:"hint,omitempty"`
	// ProvenAt is when the exports of a team that was not read were proven.
	ProvenAt time.Time `json:"proven_at,omitzero"`
	engine.Summary
}

// teamsResult is the summary of several teams.
type teamsResult struct {
	Teams    []teamResult          `json:"teams"`
	Outcomes map[teams.Outcome]int `json:"outcomes"`
	Seconds  float64               `json:"seconds"`
}

func (v jsonTeams) summary(end teamsEnd) {
	summary := teamsResult{Teams: []teamResult{}, Outcomes: end.counts(), Seconds: end.elapsed.Seconds()}
	for _, one := range end.results {
		if one.Summary.Exports == nil {
			one.Summary.Exports = []engine.Result{} // a list in JSON, not null
		}
		result := teamResult{Team: one.Team, Outcome: one.Outcome, ProvenAt: one.ProvenAt, Summary: one.Summary}
		if one.Err != nil {
			result.Error, result.Hint = one.Err.Error(), exporter.Hint(one.Err)
		}
		summary.Teams = append(summary.Teams, result)
		if kept := one.Summary.Kept; kept != nil {
			v.ofTeam(one.Team).kept(keptPages{*kept, end.workDir})
		}
	}
	level := levelInfo
	switch end.status() {
	case 0:
	case exporter.ExitIncomplete:
		level = levelWarn
	case exporter.ExitInterrupted:
		level = levelError
		v.interrupted(&interruptedError{consequence: end.text()})
	default:
		level = levelError
	}
	v.send(level, "summary", end.text(), field{"summary", summary})
}

func (v jsonTeams) eventsOf(int) showing[teamEvent] {
	return &jsonTeamEvents{v.jsonView, make(map[string]*jsonProgress)}
}

// jsonTeamEvents sends the events of several teams, and what they add up to for each.
type jsonTeamEvents struct {
	view    *jsonView
	running map[string]*jsonProgress
}

func (j *jsonTeamEvents) progress() (progressOf[teamEvent], time.Duration) { return j, jsonInterval }

func (j *jsonTeamEvents) event(at time.Time, event teamEvent) {
	team := j.view.ofTeam(event.team)
	one, ok := j.running[event.team]
	if !ok {
		one = &jsonProgress{view: team}
		j.running[event.team] = one
	}
	switch {
	case event.event != nil:
		one.event(at, event.event)
		return
	case event.applying != nil:
		team.plan(event.applying.Plan)
		team.diagnostics(event.applying.Plan.Warnings())
		return
	}
	one.end()
	delete(j.running, event.team)
	if result := event.ended; result != nil {
		level := levelWarn
		switch result.Outcome {
		case teams.Done:
			level = levelInfo
		case teams.Failed:
			level = levelError
		case teams.Fresh, teams.Unproven, teams.Interrupted, teams.NotStarted:
		}
		team.diagnostics(problems(*result))
		team.sendAt(at, level, "team_ended", teamEndText(*result), field{"outcome", result.Outcome})
	}
}

func (j *jsonTeamEvents) tick(at time.Time) {
	for _, one := range j.running {
		one.tick(at)
	}
}

func (j *jsonTeamEvents) end() {
	for _, one := range j.running {
		one.end()
	}
}
