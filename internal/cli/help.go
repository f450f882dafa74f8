package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newHelp is `lemexport help COMMAND`.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Explain a command",
		Long:              "Explains COMMAND, as COMMAND -help does.",
		GroupID:           groupOther,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(_ *cobra.Command, args []string) error {
			command, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, strings.Join(args, " "))
			}
			return command.Help()
		},
	}
}

// helpText is the help of one command. Flags are shown with one dash; two work
// as well.
func helpText(command *cobra.Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s %s\n\n%s\n", bold("Usage:"), usageLine(command), strings.TrimSpace(command.Long))
	for _, group := range command.Groups() {
		var rows [][]string
		for _, sub := range command.Commands() {
			if sub.GroupID == group.ID && sub.IsAvailableCommand() {
				rows = append(rows, []string{sub.Name(), sub.Short})
			}
		}
		fmt.Fprintf(&out, "\n%s\n%s", bold(group.Title+":"), table(rows))
	}
	if command.HasExample() {
		fmt.Fprintf(&out, "\n%s\n%s\n", bold("Example:"), command.Example)
	}
	if own := flagRows(command.LocalNonPersistentFlags()); len(own) > 0 {
		fmt.Fprintf(&out, "\n%s\n%s", bold("Flags:"), table(own))
	}
	fmt.Fprintf(&out, "\n%s\n%s", bold("Flags of every command:"), table(flagRows(command.Root().PersistentFlags())))
	return out.String()
}

func usageLine(command *cobra.Command) string {
	if command.HasSubCommands() {
		return command.CommandPath() + " COMMAND [flags]"
	}
	return command.Root().Name() + " " + command.Use + " [flags]"
}

func flagRows(flags *pflag.FlagSet) [][]string {
	var rows [][]string
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		name, usage := pflag.UnquoteUsage(flag)
		spelled := "-" + flag.Name
		if name != "" {
			spelled += "=" + name
		}
		if !empty(flag.DefValue) {
			usage += " (default " + flag.DefValue + ")"
		}
		rows = append(rows, []string{spelled, usage})
	})
	return rows
}

// empty reports whether a default needs no mention: pflag's forms of nothing.
func empty(value string) bool {
	return slices.Contains([]string{"", "false", "0", "0s", "[]"}, value)
}
