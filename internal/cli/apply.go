package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// applyArguments are what `apply` was asked for.
type applyArguments struct {
	path        string
	autoApprove bool
	full        bool
	options     engine.ApplyOptions
	workDir     string
	choice      teamChoice
	variables   variableFlags
	pace        teamPace
	// saved is the plan that is applied; nil when a new one is made.
	saved *savedPlan
}

// asks reports whether a person has to agree.
func (a applyArguments) asks() bool { return !a.autoApprove && a.saved == nil }

func newApply(app App, global *settings, views func() view) *cobra.Command {
	var arguments applyArguments
	command := &cobra.Command{
		Use:   "apply [PATH]",
		Short: "Export what the configuration describes",
		Long: `Shows the plan for the configuration at PATH, asks for consent, then reads every
table and writes the files. PATH can also be a file of 'lemexport plan -out': then
it asks nothing, and refuses when the plan would be another one now; variables of
-var have to be given again. A file is replaced in one step, once the new one is
whole; until then, and after an error or ^C, the old file stays.

The pages that were read are kept in the work folder until the files are
written, readable by you only: after a crash, an error or ^C the next apply of
the same configuration continues from there, within a day (journal_max_age).

When a table cannot be read, or is not proven complete, its file stays as it is,
and the files of the other tables are still written.

Of a configuration of several teams, every apply reads every team that -only and
-shard select, -parallel of them at once, the largest first; one that was cut
short continues where it stopped. -max-age skips the teams whose files are young
enough, so that a second apply reads only those that failed. Teams are
independent: what fails for one does not stop another. With -auto-approve each
team is planned when its turn comes; otherwise all are planned first, and one
answer is for all of them. The teams that run at once share -memory.

Exit status: 0 done, 1 error, 3 when an export is not proven complete or would
remove more rows from a file than max_shrink allows, 130 interrupted. Of several
teams, 1 goes before 3.`,
		Example: "  lemexport apply\n  lemexport apply -auto-approve team.hcl",
		Args:    atMost(1),
		RunE: func(command *cobra.Command, args []string) error {
			arguments.path = argument(args)
			if err := arguments.pace.check(); err != nil {
				return err
			}
			var err error
			if arguments, err = arguments.withSaved(app); err != nil {
				return err
			}
			if global.json && arguments.asks() {
				return exporter.WithHint(errors.New("apply -json cannot ask for consent"), "Add -auto-approve; look at 'lemexport plan' first.")
			}
			return runApply(command.Context(), app, *global, views(), arguments)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&arguments.autoApprove, "auto-approve", false, "apply without asking")
	flags.BoolVar(&arguments.options.AllowIncomplete, "allow-incomplete", false, "also write exports that are not proven complete, marked as such; still exits with 3")
	flags.BoolVar(&arguments.options.AllowShrink, "allow-shrink", false, "also write exports that remove more rows from a file than max_shrink allows")
	flags.BoolVar(&arguments.options.NoResume, "no-resume", false, "start over, and ignore the pages that an interrupted apply kept")
	fullFlag(command, &arguments.full)
	flags.StringVar(&arguments.workDir, "work-dir", usualWorkDir, "keep pages in `DIR` until the files are written")
	arguments.choice.addTo(flags)
	arguments.variables.addTo(flags)
	parallelFlag(flags, &arguments.pace.parallel)
	flags.DurationVar(&arguments.pace.maxAge, "max-age", 0, "of several teams, skip those whose files were proven complete less than `DURATION` ago, for instance 12h")
	return command
}

// withSaved are the arguments with those of the saved plan that the path names.
func (a applyArguments) withSaved(app App) (applyArguments, error) {
	saved, err := readSavedPlan(a.path)
	if err != nil || saved == nil {
		return a, err
	}
	if len(a.choice.only) > 0 || a.choice.shard.Count > 0 || a.full || a.pace.maxAge > 0 {
		return a, exporter.WithHint(errors.New("-only, -shard, -full and -max-age cannot change a saved plan"), "Give them to 'lemexport plan -out'.")
	}
	a.saved, a.path, a.full = saved, saved.Path, saved.Full
	a.variables.files = append(slices.Clone(saved.VariableFiles), a.variables.files...)
	return a, saved.checkProgram(app)
}

func runApply(ctx context.Context, app App, global settings, show view, arguments applyArguments) error {
	if err := checkWorkDir(arguments.workDir); err != nil {
		return err
	}
	jobs, several, err := arguments.choice.load(app, show, arguments.path, arguments.variables, arguments.full)
	if err != nil {
		return err
	}
	if arguments.saved != nil {
		if jobs, err = arguments.saved.jobs(jobs); err != nil {
			return err
		}
	}
	if several {
		return applyTeams(ctx, app, global, show, arguments, jobs)
	}
	return applyJob(ctx, app, global, show, arguments, jobs[0])
}

// applyJob applies the job of a configuration of one source.
func applyJob(ctx context.Context, app App, global settings, show view, arguments applyArguments, job exporter.Job) error {
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		var summary engine.Summary
		err := withRun(ctx, app, global, job, arguments.workDir, func(run *engine.Run, events *eventBuffer) error {
			plan, err := planned(ctx, app, show, run, events)
			if err != nil {
				return err
			}
			if arguments.options.NoResume {
				plan = plan.StartOver()
			}
			show.proposal(plan)
			show.diagnostics(plan.Warnings())
			if err := arguments.agreed(ctx, app, show, job, plan); err != nil {
				return err
			}
			return events.during(app, show, func() error {
				summary, err = run.Apply(ctx, plan, arguments.options)
				return err
			})
		})
		if errors.Is(err, errEnded) { // a person has declined
			return err
		}
		end := jobEnd{engine.EndingOf(ctx, summary, err), summary, err, arguments.workDir}
		beat(context.WithoutCancel(ctx), app, show, job.Source, end.ending == exporter.EndDone)
		return end.shown(show)
	})
}

// agreed fails unless the plan is the saved one, or a person agrees where one has to.
func (a applyArguments) agreed(ctx context.Context, app App, show view, job exporter.Job, plan engine.Plan) error {
	switch {
	case a.saved != nil:
		return a.saved.check(job, plan)
	case a.asks():
		return consent(ctx, app, show)
	}
	return nil
}

// usualWorkDir is where an apply keeps what it reads.
const usualWorkDir = ".lemexport"

func checkWorkDir(dir string) error {
	if scheme, _ := exporter.LocationScheme(dir); scheme != "" {
		return exporter.WithHint(errors.New("-work-dir takes a local folder, not a URL"), "Give a path on a local disk, for instance -work-dir=.lemexport.")
	}
	return nil
}
