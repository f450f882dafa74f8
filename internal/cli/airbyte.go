package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/airbyte"
)

// airbyteArguments are the files that a host of the Airbyte protocol passes.
type airbyteArguments struct{ config, catalog, state string }

// airbyteCall is one command of the protocol.
type airbyteCall func(ctx context.Context, app App, show view, source airbyte.Source, arguments airbyteArguments) error

func newAirbyte(app App, global *settings) *cobra.Command {
	calls := map[string]airbyteCall{"spec": airbyteSpec, "check": airbyteCheck, "discover": airbyteDiscover, "read": airbyteRead}
	names := slices.Sorted(maps.Keys(calls))
	var arguments airbyteArguments
	command := &cobra.Command{
		Use:   "airbyte spec|check|discover|read",
		Short: "Run as an Airbyte source, for PyAirbyte",
		Long: `Speaks the Airbyte protocol on standard output: describes its configuration,
checks it, lists its streams, or reads them. The configuration is a JSON object
with the members of a source block, and with a columns block for each table. A
stream is written when it is proven complete. The program also runs as a source
when it is started by the name source-lemlist.

Exit status: 0 done, also when a check has failed, 1 error, 3 when a stream is
not proven complete, 130 interrupted.`,
		Example: "  lemexport airbyte check --config config.json\n" +
			"  lemexport airbyte read --config config.json --catalog catalog.json --state state.json",
		ValidArgs: names,
		Args: func(command *cobra.Command, args []string) error {
			if len(args) != 1 || calls[args[0]] == nil {
				return usageError(command, "%s needs one of %s", command.CommandPath(), strings.Join(names, ", "))
			}
			switch {
			case arguments.config == "" && args[0] != "spec":
				return usageError(command, "%s %s needs -config=FILE", command.CommandPath(), args[0])
			case arguments.catalog == "" && args[0] == "read":
				return usageError(command, "%s read needs -catalog=FILE", command.CommandPath())
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			return runAirbyte(command.Context(), app, *global, arguments, calls[args[0]])
		},
	}
	flags := command.Flags()
	flags.StringVar(&arguments.config, "config", "", "read the configuration from `FILE`")
	flags.StringVar(&arguments.catalog, "catalog", "", "read the streams that the configured catalog in `FILE` names")
	flags.StringVar(&arguments.state, "state", "", "go on from the states in `FILE`")
	return command
}

// runAirbyte makes everything that the call shows a message: hosts read standard output only.
func runAirbyte(ctx context.Context, app App, global settings, arguments airbyteArguments, call airbyteCall) error {
	messages := airbyte.NewMessages(app.Stdout, app.Now)
	quiet := app
	quiet.Stdout, quiet.Stderr = messages, messages
	global.noColor = true
	show := newHumanView(quiet, global)
	source := airbyte.Source{Engine: doorEngine{quiet, global, show}, Messages: messages}
	err := interruptible(ctx, app, show, func(ctx context.Context) error {
		err := whileRead(ctx, app, func(ctx context.Context) error { return call(ctx, app, show, source, arguments) })
		return interruption(ctx, err, "the stream that was being read has no state")
	})
	if err == nil {
		return nil
	}
	show.diagnostics(exporter.Diagnose(err))
	return errors.Join(ended{statusOf(err)}, messages.Fail(err))
}

func airbyteSpec(_ context.Context, _ App, _ view, source airbyte.Source, _ airbyteArguments) error {
	return source.Spec()
}

func airbyteCheck(ctx context.Context, app App, show view, source airbyte.Source, arguments airbyteArguments) error {
	job, err := loadDoorJob(app, show, arguments.config)
	return source.Check(ctx, job, err)
}

func airbyteDiscover(_ context.Context, app App, show view, source airbyte.Source, arguments airbyteArguments) error {
	job, err := loadDoorJob(app, show, arguments.config)
	if err != nil {
		return err
	}
	return source.Discover(job)
}

func airbyteRead(ctx context.Context, app App, show view, source airbyte.Source, arguments airbyteArguments) error {
	job, err := loadDoorJob(app, show, arguments.config)
	if err != nil {
		return err
	}
	catalog, err := readDoorFile(arguments.catalog)
	if err != nil {
		return err
	}
	states, err := readDoorFile(arguments.state)
	if err != nil {
		return err
	}
	return source.Read(ctx, job, catalog, states)
}
