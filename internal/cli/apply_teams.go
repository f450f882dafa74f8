package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// applyTeams applies the jobs of teams that the configuration names.
func applyTeams(ctx context.Context, app App, global settings, show view, arguments applyArguments, jobs []exporter.Job) error {
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		started := app.Now()
		run := newTeamsRun(app, global, show, arguments.pace, arguments.workDir, len(jobs))
		results, err := run.apply(ctx, arguments, jobs)
		if err != nil {
			return interruption(ctx, err, "nothing was written")
		}
		end := teamsEnd{results: inOrder(jobs, results), elapsed: app.Now().Sub(started), workDir: arguments.workDir}
		beatTeams(ctx, app, show, jobs, end.results)
		show.teams().summary(end)
		if status := end.status(); status != 0 {
			return ended{status}
		}
		return nil
	})
}

// teamsRun is a use of several teams by one command.
type teamsRun struct {
	app    App
	show   view
	events teamEvents
	runner teams.Runner
}

func newTeamsRun(app App, global settings, show view, pace teamPace, workDir string, jobs int) teamsRun {
	parallel, warnings := pace.atOnce(jobs, int64(global.memory))
	show.diagnostics(warnings)
	events := newTeamEvents(app.Now)
	return teamsRun{app, show, events, teams.Runner{
		Engine: app.NewEngine(newLog(app, global), workDir, int64(global.memory), parallel), Parallel: parallel, Observer: events,
	}}
}

// plan plans the jobs of a queue while the view shows the progress.
func (r teamsRun) plan(ctx context.Context, queue []teams.Queued) (plans []teams.Planned, err error) {
	err = r.events.during(r.app, r.show.teams().eventsOf(len(queue)), func() error {
		plans = r.runner.Plan(ctx, queue)
		return context.Cause(ctx)
	})
	return plans, err
}

// apply reads and writes the teams, after a person has agreed unless that is not asked for.
// An error means that nothing was begun.
func (r teamsRun) apply(ctx context.Context, arguments applyArguments, jobs []exporter.Job) (results []teams.Result, err error) {
	queue := r.runner.Queue(ctx, jobs)
	if age := arguments.pace.maxAge; age > 0 {
		queue, results = teams.Stale(queue, r.app.Now().Add(-age))
	}
	if (arguments.asks() || arguments.saved != nil) && len(queue) > 0 {
		approved, failed, err := r.approved(ctx, jobs, queue, arguments)
		if err != nil {
			return nil, err
		}
		queue, results = approved, append(results, failed...)
	}
	err = r.events.during(r.app, r.show.teams().eventsOf(len(queue)), func() error {
		results = append(results, r.runner.Apply(ctx, queue, arguments.options)...)
		return nil
	})
	return results, err
}

// approved shows the plans of all teams, and asks for consent once unless they are the saved
// ones, which is an error where they are not. It returns the jobs that a plan was approved
// for, and the results of those that could not be planned.
func (r teamsRun) approved(ctx context.Context, jobs []exporter.Job, queue []teams.Queued, arguments applyArguments) (approved []teams.Queued, failed []teams.Result, err error) {
	plans, err := r.plan(ctx, queue)
	if err != nil {
		return nil, nil, err
	}
	for i, plan := range plans {
		if plan.Err != nil {
			failed = append(failed, teams.Result{Team: plan.Team, Outcome: teams.Failed, Err: plan.Err, Summary: engine.Summary{Wanted: len(queue[i].Job.Exports)}})
			continue
		}
		if arguments.options.NoResume {
			plans[i].Plan = plan.Plan.StartOver()
		}
		queue[i].Approved = &plans[i].Plan
		approved = append(approved, queue[i])
	}
	ordered := newTeamPlans(jobs, plans, r.runner.Parallel)
	r.show.teams().proposal(ordered)
	switch {
	case arguments.saved != nil:
		return approved, failed, arguments.saved.checkAll(jobs, ordered.plans)
	case len(approved) == 0:
		return nil, failed, nil
	}
	return approved, failed, consent(ctx, r.app, r.show)
}

// inOrder are the results in the order of the jobs.
func inOrder(jobs []exporter.Job, results []teams.Result) []teams.Result {
	of := make(map[string]teams.Result, len(results))
	for _, one := range results {
		of[one.Team] = one
	}
	ordered := make([]teams.Result, 0, len(jobs))
	for _, job := range jobs {
		ordered = append(ordered, of[job.Team])
	}
	return ordered
}

// teamsEnd is the end of an apply of several teams.
type teamsEnd struct {
	results []teams.Result
	elapsed time.Duration
	workDir string
}

// outcomes are the outcomes of teams in the order in which people are told of them.
func outcomes() []teams.Outcome {
	return []teams.Outcome{teams.Failed, teams.Unproven, teams.Interrupted, teams.NotStarted, teams.Done, teams.Fresh}
}

func (e teamsEnd) counts() map[teams.Outcome]int {
	counts := make(map[teams.Outcome]int)
	for _, one := range e.results {
		counts[one.Outcome]++
	}
	return counts
}

func (e teamsEnd) status() exporter.ExitStatus {
	counts := e.counts()
	switch {
	case counts[teams.Interrupted]+counts[teams.NotStarted] > 0:
		return exporter.ExitInterrupted
	case counts[teams.Failed] > 0:
		return exporter.ExitError
	case counts[teams.Unproven] > 0:
		return exporter.ExitIncomplete
	}
	return 0
}

// text says how many teams have which outcome.
func (e teamsEnd) text() string {
	counts := e.counts()
	if len(e.results) == 0 {
		return "No team was selected"
	}
	fresh := counts[teams.Fresh]
	done := fmt.Sprintf("%s of %s done", count(int64(counts[teams.Done]+fresh)), many(int64(len(e.results)), "team"))
	if fresh > 0 {
		done += " (" + count(int64(fresh)) + " of them " + outcomeText(teams.Fresh) + ")"
	}
	parts := []string{done}
	for _, outcome := range outcomes() {
		if n := counts[outcome]; n > 0 && outcome != teams.Done && outcome != teams.Fresh {
			parts = append(parts, count(int64(n))+" "+outcomeText(outcome))
		}
	}
	return strings.Join(parts, ", ")
}

// outcomeText is an outcome as people say it.
func outcomeText(outcome teams.Outcome) string {
	switch outcome {
	case teams.Unproven:
		return "not proven complete"
	case teams.NotStarted:
		return "not started"
	case teams.Fresh:
		return "fresh and not read"
	case teams.Done, teams.Failed, teams.Interrupted:
	}
	return string(outcome)
}

// problems are the diagnostics of a team that is not done; those of an interrupted one are
// in what was interrupted.
func problems(result teams.Result) exporter.Diagnostics {
	switch {
	case result.Outcome != teams.Failed && result.Outcome != teams.Unproven:
		return nil
	case result.Err == nil:
		written := doubts(engine.Unproven(result.Summary.Proof), result.Summary.Proof)
		written[0].Severity = exporter.SeverityWarning
		return written
	}
	return whyNotDone(result.Summary, result.Err)
}
