package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

// PluginCommand is the name of the command that explains the plugin mode.
const PluginCommand = "plugin"

// cookieVariable is set in the environment of a plugin by its host.
const cookieVariable = "LEMEXPORT_PLUGIN"

func newPlugin(app App) *cobra.Command {
	return &cobra.Command{
		Use:   PluginCommand,
		Short: "Explain how a data pipeline loads lemexport",
		Long: `A data-pipeline host loads this binary as a hashicorp/go-plugin process: it
starts it without arguments, with the protocol's cookie in LEMEXPORT_PLUGIN, and
reads from its standard output where to connect. It then asks over gRPC for the
schema, a plan, a stream of Arrow record batches or a finished export.

This mode is not started by hand. docs/plugin.md shows hosts in Go and Python.`,
		Example: "  lemexport plugin -help",
		Args:    atMost(0),
		RunE: func(command *cobra.Command, _ []string) error {
			if _, ok := app.Env(cookieVariable); !ok {
				return command.Help()
			}
			return exporter.WithHint(errors.New(cookieVariable+" is set, but this is not the start of a plugin"),
				"A host starts lemexport without arguments, with the cookie of this version and standard output connected to itself: see https://github.com/lemexport/lemexport/blob/main/docs/plugin.md. "+
					"To use lemexport by hand, unset the variable.")
		},
	}
}
