package cli

import (
	"bytes"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/internal/nearest"
)

func newCompletion(app App) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for a shell",
		Long: `Prints a script that completes lemexport's commands and flags in SHELL: bash,
zsh, fish or powershell. Load it from the shell's start-up file. In bash it needs
the functions of the package bash-completion.`,
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

// completing reports whether a completion script asks for completions.
func completing(args []string) bool {
	return len(args) > 0 && slices.Contains([]string{cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, args[0])
}

// completionArguments are the arguments for a completion. A flag that is being typed has
// two dashes for cobra, even where too few letters are there to tell it from a short one.
func completionArguments(args []string) []string {
	args = rewrite(args)
	last := len(args) - 1
	if word := args[last]; strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "--") && !slices.Contains(args[:last], "--") {
		args[last] = "-" + word
	}
	return args
}

// shellCompletions are the completions of cobra for the last word as it was typed: flags
// have one dash where it has one, because a shell only shows what begins with the word.
// The descriptions have no backticks, which mark the names of values in help texts.
func shellCompletions(lines []byte, word string) []byte {
	oneDash := !strings.HasPrefix(word, "--")
	var out []byte
	for line := range bytes.Lines(lines) {
		if oneDash && bytes.HasPrefix(line, []byte("--")) {
			line = line[1:]
		}
		out = append(out, bytes.ReplaceAll(line, []byte("`"), nil)...)
	}
	return out
}
