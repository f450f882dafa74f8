package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

func newVerify(app App, global *settings, views func() view) *cobra.Command {
	return &cobra.Command{
		Use:   "verify LOCATION",
		Short: "Read an export again and check it",
		Long: `Reads the export at LOCATION, a file or the folder it was written to, and checks
it against the manifest inside: footer, schema, number of rows, unique ids,
order and content hash. It asks no API.

Exit status: 0 intact and proven complete, 1 damaged or not readable, 3 intact
but not proven complete.`,
		Example: "  lemexport verify out",
		Args:    upTo(1, "LOCATION"),
		RunE: func(command *cobra.Command, args []string) error {
			return runVerify(command.Context(), app, *global, views(), args[0])
		},
	}
}

func runVerify(ctx context.Context, app App, global settings, show view, location string) error {
	var found exporter.Verification
	err := interruptible(ctx, app, show, func(ctx context.Context) (err error) {
		found, err = app.NewEngine(newLog(app, global), "").Verify(ctx, location)
		return interruption(ctx, err, "nothing was changed")
	})
	if err != nil {
		return err
	}
	show.verification(found)
	switch {
	case !found.OK():
		return ended{exporter.ExitError}
	case !found.Manifest.Proof.Complete:
		return ended{exporter.ExitIncomplete}
	}
	return nil
}
