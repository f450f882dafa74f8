package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// pruneArguments are what `prune` was asked for.
type pruneArguments struct {
	location    string
	keep        int
	autoApprove bool
}

func newPrune(app App, global *settings, views func() view) *cobra.Command {
	var arguments pruneArguments
	var sinceFull bool
	command := &cobra.Command{
		Use:   "prune LOCATION",
		Short: "Remove old files of an append or a versioned layout",
		Long: `Shows which files of the export at LOCATION are no longer needed, asks for
consent, and removes them. LOCATION is the destination of exports with
mode = "append" or layout = "versioned", or the folder with their files.

With -keep-since-full the files since the last full proof stay, with the file of
that proof: it contains everything that earlier ones do. With -keep=N the newest
N files stay, and of an append all files that they continue, back to a full
proof. Files that lemexport did not write stay.

While an apply writes to the folder, prune ends with an error. A query that reads
a file when it is removed may fail.

Exit status: 0 done or nothing to remove, 1 error or no consent, 130 interrupted.`,
		Example: "  lemexport prune out -keep-since-full\n  lemexport prune s3://acme-lake/lemlist -keep=3 -auto-approve",
		Args:    upTo(1, "LOCATION"),
		RunE: func(command *cobra.Command, args []string) error {
			arguments.location = args[0]
			keeps := command.Flags().Changed("keep")
			switch {
			case keeps == sinceFull:
				return usageError(command, "prune needs one of -keep-since-full and -keep=N")
			case keeps && arguments.keep < 1:
				return usageError(command, "flag -keep does not take %d: it must be at least 1", arguments.keep)
			case global.json && !arguments.autoApprove:
				return exporter.WithHint(errors.New("prune -json cannot ask for consent"), "Add -auto-approve; look at what 'lemexport prune' shows first.")
			}
			return runPrune(command.Context(), app, *global, views(), arguments)
		},
	}
	flags := command.Flags()
	flags.BoolVar(&sinceFull, "keep-since-full", false, "keep the files since the last full proof")
	flags.IntVar(&arguments.keep, "keep", 0, "keep the newest `N` files")
	flags.BoolVar(&arguments.autoApprove, "auto-approve", false, "remove without asking")
	return command
}

func runPrune(ctx context.Context, app App, global settings, show view, arguments pruneArguments) error {
	show.diagnostics(exporter.LocationWarnings(arguments.location))
	return interruptible(ctx, app, show, func(ctx context.Context) error {
		plan, err := app.NewEngine(newLog(app, global), "", int64(global.memory), 1).
			PlanPrune(ctx, arguments.location, engine.PruneOptions{Keep: arguments.keep})
		if err != nil {
			return interruption(ctx, err, "nothing was removed")
		}
		show.pruning(plan)
		if !plan.Pending() {
			return nil
		}
		if !arguments.autoApprove {
			if err := consent(ctx, app, show); err != nil {
				return interruption(ctx, err, "nothing was removed")
			}
		}
		removed, err := plan.Apply(ctx)
		if err != nil {
			return interruption(ctx, fmt.Errorf("%s removed: %w", many(int64(len(removed)), "file"), err), many(int64(len(removed)), "file")+" removed")
		}
		show.pruned(removed)
		return nil
	})
}
