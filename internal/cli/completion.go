package cli

import (
	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/internal/nearest"
)

func newCompletion(app App) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Prints a script that completes lemexport's commands and flags in SHELL: bash,
zsh, fish or powershell. Load it from the shell's start-up file.`,
		Example:   "  source <(lemexport completion bash)",
		Args:      upTo(1, "SHELL"),
		ValidArgs: shells,
		RunE: func(command *cobra.Command, args []string) error {
			root := command.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(app.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(app.Stdout)
			case "fish":
				return root.GenFishCompletion(app.Stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(app.Stdout)
			}
			if guess := nearest.Name(args[0], shells); guess != "" {
				return usageError(command, "unknown shell %q; did you mean %q?", args[0], guess)
			}
			return usageError(command, "unknown shell %q; there are scripts for bash, zsh, fish and powershell", args[0])
		},
	}
}

// completes gives the shell the values of a flag.
func completes(command *cobra.Command, flag string, values ...string) {
	// It fails for a flag that the command does not have.
	cobra.CheckErr(command.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)))
}
