package cli

import (
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/cloudquery"
)

// cloudqueryArguments are the flags of the program that starts a plugin.
type cloudqueryArguments struct{ network, address, logLevel, logFormat string }

func newCloudQuery(app App, global *settings) *cobra.Command {
	var arguments cloudqueryArguments
	command := &cobra.Command{
		Use:   "cloudquery serve",
		Short: "Run as a CloudQuery source plugin",
		Long: `Serves CloudQuery's protocol for source plugins, version 3, until it is stopped.
The spec is a JSON object with the members of a source block, and with a columns
block for each table. Rows are sent when every table is proven complete; a sync
that is not proven fails, and the rows of the last one stay. CloudQuery starts a
path as 'lemexport serve', which is the same. Unknown flags are ignored. The log
goes to standard output.`,
		Example: "  lemexport cloudquery serve -network=unix -address=/tmp/lemexport.sock\n" +
			"  lemexport cloudquery serve -address=localhost:7777",
		ValidArgs:          []string{"serve"},
		FParseErrWhitelist: cobra.FParseErrWhitelist{UnknownFlags: true},
		Args: func(command *cobra.Command, args []string) error {
			if len(args) != 1 || args[0] != "serve" {
				return usageError(command, "%s needs serve", command.CommandPath())
			}
			return nil
		},
		RunE: func(command *cobra.Command, _ []string) error {
			return runCloudQuery(command.Context(), app, *global, arguments)
		},
	}
	flags := command.Flags()
	flags.StringVar(&arguments.network, "network", "tcp", "serve on this `NETWORK`: tcp or unix")
	flags.StringVar(&arguments.address, "address", "localhost:7777", "serve on this loopback `ADDRESS`, or the path of a socket")
	flags.StringVar(&arguments.logLevel, "log-level", "info", "")
	_ = flags.MarkHidden("log-level") // described with the flags of every command
	flags.StringVar(&arguments.logFormat, "log-format", "text", "log as text or as json: `FORMAT`")
	return command
}

// runCloudQuery makes everything that it shows a record of the log: hosts read standard
// output only.
func runCloudQuery(ctx context.Context, app App, global settings, arguments cloudqueryArguments) error {
	log := cloudquery.NewLog(app.Stdout, app.Now, arguments.logLevel, arguments.logFormat == "json")
	quiet := app
	quiet.Stdout, quiet.Stderr = log, log
	global.noColor = true
	show := newHumanView(quiet, global)
	err := interruptible(ctx, app, stoppedByHost{show}, func(ctx context.Context) error {
		listener, err := cloudquery.Listen(ctx, arguments.network, arguments.address)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(log, "Serving CloudQuery on %s\n", listener.Addr())
		source := cloudquery.Source{
			Engine: doorEngine{quiet, global, show}, Parse: app.LoadHostConfig, Warn: show.diagnostics, Version: app.Version.Number,
		}
		return serveCloudQuery(ctx, app, listener, source)
	})
	if err == nil {
		return nil
	}
	show.diagnostics(exporter.Diagnose(err))
	return ended{statusOf(err)}
}

// serveCloudQuery also ends with the process that started it and made the path of the
// socket up. A TCP address is one that a user chose, perhaps for a program that lives longer.
func serveCloudQuery(ctx context.Context, app App, listener net.Listener, source cloudquery.Source) error {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	if listener.Addr().Network() == "unix" {
		watch.Go(func() {
			if app.ParentGone(ctx) {
				cancel()
			}
		})
	}
	err := cloudquery.Serve(ctx, listener, source)
	cancel()
	watch.Wait()
	return err
}

// stoppedByHost does not say that it stops: a signal is how a host ends each use.
type stoppedByHost struct{ view }

func (stoppedByHost) stopping() {}
