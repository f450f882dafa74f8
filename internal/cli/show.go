package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func newShow(app App, global *settings, views func() view) *cobra.Command {
	var maxAge time.Duration
	command := &cobra.Command{
		Use:   "show LOCATION...",
		Short: "Show what an export states about itself",
		Long: `Shows the manifest of the export at each LOCATION: run, age, proof, last full
proof, watermarks and files. In a folder it shows the exports of all tables. It
reads footers and no rows, so it is quick for any size; verify checks whether
the rows are those of the manifest. It does not contact the API.

With -max-age it is a check for monitoring: the exit status is 3 when an export
is older, or not proven complete. The age is the time since the newest file was
read from the API; an append that finds nothing new writes no file.

Exit status: 0 shown, 1 not readable, 3 with -max-age: too old or not proven
complete.`,
		Example: "  lemexport show out\n  lemexport show -max-age=26h -json s3://acme-lake/lemlist",
		Args:    atLeastOne("LOCATION"),
		RunE: func(command *cobra.Command, args []string) error {
			if command.Flags().Changed("max-age") && maxAge <= 0 {
				return usageError(command, "flag -max-age needs a duration above 0")
			}
			return runShow(command.Context(), app, *global, views(), args, maxAge)
		},
	}
	command.Flags().DurationVar(&maxAge, "max-age", 0, "exit with 3 when an export is older than `DURATION`, for instance 26h, or not proven complete")
	return command
}

func runShow(ctx context.Context, app App, global settings, show view, locations []string, maxAge time.Duration) error {
	status := exporter.ExitStatus(0)
	err := interruptible(ctx, app, show, func(ctx context.Context) error {
		for _, location := range locations {
			show.diagnostics(exporter.LocationWarnings(location))
			for found, err := range app.NewEngine(newLog(app, global), "", int64(global.memory), 1).Show(ctx, location) {
				if err != nil && (len(locations) == 1 || ctx.Err() != nil) {
					return interruption(ctx, err, "nothing was changed")
				}
				if err != nil {
					show.diagnostics(exporter.Diagnose(err))
					status = exporter.ExitError
					continue
				}
				show.shown(found)
				if problems := overdue(found, maxAge); len(problems) > 0 {
					show.diagnostics(problems)
					if status == 0 { // an export that cannot be read is worse
						status = exporter.ExitIncomplete
					}
				}
			}
		}
		return nil
	})
	if err == nil && status != 0 {
		return ended{status}
	}
	return err
}

// overdue says why an export is not what monitoring expects.
func overdue(found engine.Shown, maxAge time.Duration) exporter.Diagnostics {
	if maxAge == 0 {
		return nil
	}
	var problems exporter.Diagnostics
	if age := time.Duration(found.Age * float64(time.Second)); age > maxAge {
		advice := "See why the last apply did not run or did not write, and run it again."
		if found.Kind == engine.KindAppend {
			advice = "An apply that finds nothing new adds no file, and the age goes on. See whether the last one ran, or watch it with a heartbeat."
		}
		problems = append(problems, exporter.Diagnostic{
			Severity: exporter.SeverityError, Summary: fmt.Sprintf("%s is %s old, and -max-age allows %s", found.Location, span(age), span(maxAge)),
			Detail: advice,
		})
	}
	if proof := found.Manifest.Proof; !proof.Complete {
		problems = append(problems, exporter.Diagnostic{
			Severity: exporter.SeverityError, Summary: found.Location + " is not proven complete",
			Detail: strings.TrimSuffix(bullets(proof.Reasons), "\n"),
		})
	}
	return problems
}
