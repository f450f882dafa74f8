package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/engine/teams"
)

// teamPlans are the plans of several teams, in the order of the configuration.
type teamPlans struct {
	plans []teams.Planned
	// parallel is how many teams an apply reads at once.
	parallel int
}

func newTeamPlans(jobs []exporter.Job, plans []teams.Planned, parallel int) teamPlans {
	of := make(map[string]teams.Planned, len(plans))
	for _, one := range plans {
		of[one.Team] = one
	}
	all := teamPlans{parallel: parallel}
	for _, job := range jobs {
		if plan, ok := of[job.Team]; ok { // others are not read
			all.plans = append(all.plans, plan)
		}
	}
	return all
}

// failed reports whether a plan could not be made.
func (t teamPlans) failed() bool {
	for _, one := range t.plans {
		if one.Err != nil {
			return true
		}
	}
	return false
}

// pending reports whether an apply has something to do for any team.
func (t teamPlans) pending() bool {
	for _, one := range t.plans {
		if one.Err == nil && one.Plan.Pending() {
			return true
		}
	}
	return false
}

// fates says what an apply does with the files of all teams.
func (t teamPlans) fates() string {
	var made []engine.Plan
	for _, one := range t.plans {
		if one.Err == nil {
			made = append(made, one.Plan)
		}
	}
	text := newFates(made...).String()
	if failed := len(t.plans) - len(made); failed > 0 {
		text += "; " + many(int64(failed), "team") + " cannot be planned"
	}
	return text
}

// leastTime is what the rate limits allow for reading all teams, so many at once; known is
// false when that is not known for one of them.
func (t teamPlans) leastTime() (least time.Duration, known bool) {
	var sum, longest float64
	for _, one := range t.plans {
		switch {
		case one.Err != nil: // it is not read
		case one.Plan.LeastTime == nil:
			return 0, false
		default:
			sum += *one.Plan.LeastTime
			longest = max(longest, *one.Plan.LeastTime)
		}
	}
	return time.Duration(max(longest, sum/float64(t.parallel)) * float64(time.Second)), true
}

// save writes the file of -out; every team has a plan.
func (t teamPlans) save(app App, show view, arguments planArguments, jobs []exporter.Job) error {
	var made []engine.Plan
	for _, one := range t.plans { // in the order of the jobs
		made = append(made, one.Plan)
	}
	return savePlan(app, show, arguments, jobs, made)
}

// planTeams plans the jobs of teams that the configuration names.
func planTeams(ctx context.Context, app App, global settings, show view, arguments planArguments, jobs []exporter.Job) error {
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		run := newTeamsRun(app, global, show, arguments.pace, arguments.workDir, len(jobs))
		made, err := run.plan(ctx, run.runner.Queue(ctx, jobs))
		if err != nil {
			return interruption(ctx, err, "nothing was changed")
		}
		plans := newTeamPlans(jobs, made, run.runner.Parallel)
		show.teams().plans(plans)
		if plans.failed() {
			if arguments.out != "" {
				return exporter.WithHint(fmt.Errorf("%s was not written: not every team could be planned", arguments.out), "Choose teams with -only, or remove what is wrong.")
			}
			return ended{exporter.ExitError}
		}
		if err := plans.save(app, show, arguments, jobs); err != nil {
			return err
		}
		if arguments.detailedExitCode && plans.pending() {
			return ended{exporter.ExitPending}
		}
		return nil
	})
}
