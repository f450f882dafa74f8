package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/singer"
)

// singerArguments are the files that a Singer host passes.
type singerArguments struct {
	config, catalog, properties, state string
	discover                           bool
}

func newSinger(app App, global *settings, views func() view) *cobra.Command {
	var arguments singerArguments
	command := &cobra.Command{
		Use:   "singer",
		Short: "Run as a Singer tap, for Meltano and others",
		Long: `Writes the tables to standard output as messages of the Singer specification. The
configuration is a JSON object with the members of a source block, and with a
columns block for each table. A stream is written when it is proven complete.
The program also runs as a tap when it is started by the name tap-lemlist.

Exit status: 0 done, 1 error, 3 when a stream is not proven complete, 130
interrupted.`,
		Example: "  lemexport singer --config config.json --discover > catalog.json\n" +
			"  lemexport singer --config config.json --catalog catalog.json --state state.json",
		Args: atMost(0),
		RunE: func(command *cobra.Command, _ []string) error {
			global.dataOnStdout = true
			return runSinger(command, app, *global, views(), arguments)
		},
	}
	flags := command.Flags()
	flags.StringVar(&arguments.config, "config", "", "read the configuration from `FILE`")
	flags.StringVar(&arguments.catalog, "catalog", "", "read the streams that the catalog in `FILE` selects")
	flags.StringVar(&arguments.properties, "properties", "", "take `FILE` as the catalog: the name of -catalog in older hosts")
	flags.StringVar(&arguments.state, "state", "", "go on from the state in `FILE`")
	flags.BoolVar(&arguments.discover, "discover", false, "write the catalog and end")
	return command
}

func runSinger(command *cobra.Command, app App, global settings, show view, arguments singerArguments) error {
	var job exporter.Job
	if arguments.config != "" || !arguments.discover {
		if arguments.config == "" {
			return usageError(command, "%s needs -config=FILE", command.CommandPath())
		}
		var err error
		if job, err = loadDoorJob(app, show, arguments.config); err != nil {
			return err
		}
	}
	if arguments.discover {
		return singer.Discover(job, app.Stdout)
	}
	if arguments.catalog == "" {
		arguments.catalog = arguments.properties
	}
	catalog, err := readDoorFile(arguments.catalog)
	if err != nil {
		return err
	}
	state, err := readDoorFile(arguments.state)
	if err != nil {
		return err
	}
	tap := singer.Tap{Engine: doorEngine{app, global, show}, Now: app.Now, Out: app.Stdout}
	return interruptible(command.Context(), app, show, func(ctx context.Context) error {
		err := whileRead(ctx, app, func(ctx context.Context) error { return tap.Sync(ctx, job, catalog, state) })
		return interruption(ctx, err, "no state was written")
	})
}
