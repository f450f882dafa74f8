package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// planArguments are what `plan` was asked for.
type planArguments struct {
	path             string
	detailedExitCode bool
	workDir          string
	// out is the file that the plan is saved in; "" saves none.
	out       string
	full      bool
	choice    teamChoice
	variables variableFlags
	pace      teamPace
}

func newPlan(app App, global *settings, views func() view) *cobra.Command {
	var arguments planArguments
	command := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what an apply would do",
		Long: `Reads the team and the first page of every list, and shows what an apply of the
configuration at PATH would read and write. It changes nothing. After an
interrupted apply it shows how many pages the next one can reuse. Of several
teams it shows one line each; -only=NAME shows the whole plan of one.

With -out it saves the plan. 'lemexport apply FILE' then applies this plan without
a question, and refuses when the configuration, the current files, the schema or
lemexport have changed. The file has no secret in it, and only you can read it.

Exit status: 0 done, 1 error; with -detailed-exitcode 2 when an apply has
something to do: it would create a file, or the first pages show other totals or
newer activity than the file. A table without activity is one response, whose rows
are compared with those of the file.`,
		Example: "  lemexport plan\n  lemexport plan -out=inbox.plan && lemexport apply inbox.plan",
		Args:    atMost(1),
		RunE: func(command *cobra.Command, args []string) error {
			arguments.path = argument(args)
			if err := arguments.pace.check(); err != nil {
				return err
			}
			return runPlan(command.Context(), app, *global, views(), arguments)
		},
	}
	command.Flags().StringVar(&arguments.workDir, "work-dir", usualWorkDir, "look in `DIR` for pages that an interrupted apply kept")
	command.Flags().BoolVar(&arguments.detailedExitCode, "detailed-exitcode", false, "exit with 2 when there is something to do")
	command.Flags().StringVar(&arguments.out, "out", "", "save the plan in `FILE`, for 'lemexport apply FILE'")
	fullFlag(command, &arguments.full)
	arguments.choice.addTo(command.Flags())
	arguments.variables.addTo(command.Flags())
	parallelFlag(command.Flags(), &arguments.pace.parallel)
	return command
}

func runPlan(ctx context.Context, app App, global settings, show view, arguments planArguments) error {
	if err := checkWorkDir(arguments.workDir); err != nil {
		return err
	}
	jobs, several, err := arguments.choice.load(app, show, arguments.path, arguments.variables, arguments.full)
	if err != nil {
		return err
	}
	if several {
		return planTeams(ctx, app, global, show, arguments, jobs)
	}
	return planJob(ctx, app, global, show, arguments, jobs[0])
}

// planJob plans the job of a configuration of one source.
func planJob(ctx context.Context, app App, global settings, show view, arguments planArguments, job exporter.Job) error {
	var plan engine.Plan
	err := interruptible(ctx, app, show, func(ctx context.Context) error {
		err := withRun(ctx, app, global, job, arguments.workDir, func(run *engine.Run, events *eventBuffer) (err error) {
			plan, err = planned(ctx, app, show, run, events)
			return err
		})
		return interruption(ctx, err, "nothing was changed")
	})
	if err != nil {
		return err
	}
	show.plan(plan)
	show.diagnostics(plan.Warnings())
	if err := savePlan(app, show, arguments, []exporter.Job{job}, []engine.Plan{plan}); err != nil {
		return err
	}
	if arguments.detailedExitCode && plan.Pending() {
		return ended{exporter.ExitPending}
	}
	return nil
}

// savePlan writes the file of -out.
func savePlan(app App, show view, arguments planArguments, jobs []exporter.Job, plans []engine.Plan) error {
	if arguments.out == "" {
		return nil
	}
	saved, err := newSavedPlan(app, arguments, jobs, plans)
	if err == nil {
		err = saved.write(arguments.out)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", arguments.out, err)
	}
	show.planSaved(arguments.out)
	return nil
}

// fullFlag adds the flag that asks for a full read.
func fullFlag(command *cobra.Command, full *bool) {
	command.Flags().BoolVar(full, "full", false, "read every inbox in full, even where earlier runs are proven complete")
}

// withRun starts a run of the job and closes it after work. In workDir it may keep pages
// for the next run; "" keeps none.
func withRun(ctx context.Context, app App, global settings, job exporter.Job, workDir string, work func(*engine.Run, *eventBuffer) error) error {
	return withRunOf(ctx, app, global, job, workDir, (*engine.Engine).Start, work)
}

// starting is a way to start a run: engine.Engine.Start or StartReading.
type starting func(*engine.Engine, context.Context, exporter.Job, exporter.Observer) (*engine.Run, error)

func withRunOf(
	ctx context.Context, app App, global settings, job exporter.Job, workDir string, start starting, work func(*engine.Run, *eventBuffer) error,
) (err error) {
	events := newEventBuffer(app.Now)
	run, err := start(app.NewEngine(newLog(app, global), workDir, int64(global.memory), 1), ctx, job, events)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	return work(run, events)
}

func planned(ctx context.Context, app App, show view, run *engine.Run, events *eventBuffer) (plan engine.Plan, err error) {
	err = events.during(app, show, func() error {
		plan, err = run.Plan(ctx)
		return err
	})
	return plan, err
}
