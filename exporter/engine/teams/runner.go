// Package teams plans and applies the jobs of many teams side by side. Teams are
// independent: an error of one ends that team only. It imports exporter and
// exporter/engine.
package teams

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// Runner runs jobs of several teams. Every field is required.
type Runner struct {
	// Engine runs the job of each team. Its budget is that of one team.
	Engine *engine.Engine
	// Parallel is how many teams run at once.
	Parallel int
	Observer Observer
}

// Observer receives what happens to the teams, from several goroutines at once.
type Observer interface {
	// Event is an event of the run of a team.
	Event(team string, event exporter.Event)
	// Planned is called when Plan has made the plan of a team.
	Planned(plan Planned)
	// Applying is called when Apply has made a plan that nobody has approved, and goes on to
	// apply it.
	Applying(plan Planned)
	// Ended is called when the apply of a team has ended.
	Ended(result Result)
}

// Planned is the plan of a team, or the error that kept it from being made.
type Planned struct {
	Team string
	Plan engine.Plan
	Err  error
}

// Queue puts the jobs in order: the largest teams come first, since the last one to end
// decides how long a run takes. Teams of unknown size come before them. It reads the
// manifests that are there, and a manifest that cannot be read counts as unknown: what is
// wrong with it is for the plan to say.
func (r Runner) Queue(ctx context.Context, jobs []exporter.Job) []Queued {
	queue := each(r.Parallel, jobs, func(job exporter.Job) Queued {
		manifests, err := r.Engine.Manifests(ctx, job)
		if err != nil {
			return Queued{Job: job}
		}
		return queued(job, manifests)
	})
	slices.SortStableFunc(queue, func(a, b Queued) int { return cmp.Compare(b.size(), a.size()) })
	return queue
}

// Plan plans every job of the queue, and changes nothing. The plans have the order of
// the queue.
func (r Runner) Plan(ctx context.Context, queue []Queued) []Planned {
	return each(r.Parallel, queue, func(one Queued) Planned {
		plan, err := r.plan(ctx, one)
		planned := Planned{Team: one.Job.Team, Plan: plan, Err: err}
		r.Observer.Planned(planned)
		return planned
	})
}

func (r Runner) plan(ctx context.Context, one Queued) (plan engine.Plan, err error) {
	if err := ctx.Err(); err != nil {
		return plan, err
	}
	run, err := r.Engine.Start(ctx, one.Job, observerOf{one.Job.Team, r.Observer})
	if err != nil {
		return plan, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	return run.Plan(ctx)
}

// Apply plans and applies every job of the queue; the end of ctx stops those that run
// and starts no others. The results have the order of the queue.
func (r Runner) Apply(ctx context.Context, queue []Queued, options engine.ApplyOptions) []Result {
	return each(r.Parallel, queue, func(one Queued) Result {
		if err := ctx.Err(); err != nil {
			return Result{Team: one.Job.Team, Outcome: NotStarted, Err: err}
		}
		summary, err := r.apply(ctx, one, options)
		result := newResult(ctx, one, summary, err)
		r.Observer.Ended(result)
		return result
	})
}

func (r Runner) apply(ctx context.Context, one Queued, options engine.ApplyOptions) (summary engine.Summary, err error) {
	summary.Wanted = len(one.Job.Exports)
	run, err := r.Engine.Start(ctx, one.Job, observerOf{one.Job.Team, r.Observer})
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	plan, err := run.Plan(ctx)
	if err == nil && one.Approved != nil {
		err = sameActions(*one.Approved, plan)
	}
	if err != nil {
		return summary, err
	}
	if options.NoResume {
		plan = plan.StartOver()
	}
	if one.Approved == nil {
		r.Observer.Applying(Planned{Team: one.Job.Team, Plan: plan})
	}
	return run.Apply(ctx, plan, options)
}

// sameActions fails when a plan would do something else with a file than the one that
// was approved.
func sameActions(approved, now engine.Plan) error {
	for i, export := range now.Exports {
		before := approved.Exports[i]
		if export.Action != before.Action || runOf(export.Current) != runOf(before.Current) {
			return exporter.WithHint(fmt.Errorf("%s has changed since the plan was made", before.File),
				"Another run has written it meanwhile. Plan again.")
		}
	}
	return nil
}

func runOf(current *exporter.Manifest) string {
	if current == nil {
		return ""
	}
	return current.RunID
}

// observerOf observes the run of a team.
type observerOf struct {
	team string
	to   Observer
}

// Observe implements [exporter.Observer].
func (o observerOf) Observe(event exporter.Event) { o.to.Event(o.team, event) }

// each calls work with every item, so many at once in the order of the items, and
// returns what it returned.
func each[I, O any](parallel int, items []I, work func(I) O) []O {
	results := make([]O, len(items))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(max(parallel, 1), len(items)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(items)); i = next.Add(1) - 1 {
				results[i] = work(items[i])
			}
		})
	}
	workers.Wait()
	return results
}
