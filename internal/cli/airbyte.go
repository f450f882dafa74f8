package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/plugin/airbyte"
)

// airbyteArguments are the files that a host of the Airbyte protocol passes.
type airbyteArguments struct{ config, catalog, state string }

// airbyteCall is one command of the protocol.
type airbyteCall func(ctx context.Context, app App, show view, source airbyte.Source, arguments airbyteArguments) error

func newAirbyte(app App, global *settings) *cobra.Command {
	parent := &cobra.Command{
		Use:   "airbyte",
		Short: "Run as an Airbyte source, for PyAirbyte",
		Long: `Speaks the Airbyte protocol on standard output: describes its configuration,
checks it, lists its streams and reads them. The configuration is a JSON object
with the members of a source block, and with a columns block for each table. A
stream is written when it is proven complete. The program also runs as a source
when it is started by the name source-lemlist.`,
		Example: "  lemexport airbyte check --config config.json",
		Args:    atMost(0),
		RunE:    func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	for _, one := range []struct {
		name, short     string
		config, catalog bool
		call            airbyteCall
	}{
		{"spec", "Describe the configuration", false, false, airbyteSpec},
		{"check", "Check the configuration and the key", true, false, airbyteCheck},
		{"discover", "List the streams", true, false, airbyteDiscover},
		{"read", "Read the streams of a catalog", true, true, airbyteRead},
	} {
		var arguments airbyteArguments
		command := &cobra.Command{
			Use: one.name, Short: one.short, Args: atMost(0), DisableFlagsInUseLine: true,
			RunE: func(command *cobra.Command, _ []string) error {
				return runAirbyte(command.Context(), app, *global, arguments, one.call)
			},
		}
		required := func(name string, to *string, use string) {
			command.Flags().StringVar(to, name, "", use)
			_ = command.MarkFlagRequired(name) // which fails for an unknown flag only
		}
		if one.config {
			required("config", &arguments.config, "read the configuration from `FILE`")
		}
		if one.catalog {
			required("catalog", &arguments.catalog, "read the streams that the configured catalog in `FILE` names")
			command.Flags().StringVar(&arguments.state, "state", "", "go on from the states in `FILE`")
		}
		parent.AddCommand(command)
	}
	return parent
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
		return interruption(ctx, call(ctx, app, show, source, arguments), "the stream that was being read has no state")
	})
	if err == nil {
		return nil
	}
	show.diagnostics(diagnose(err))
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
