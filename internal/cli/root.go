package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

const (
	groupMain  = "main"
	groupOther = "other"
)

// newRoot makes the tree of commands. views returns the view that the flags select; it is
// called after they are parsed.
func newRoot(app App, global *settings, views func() view) *cobra.Command {
	var version bool
	root := &cobra.Command{
		Use:   "lemexport",
		Short: "Export a lemlist team's inbox with a proof of completeness",
		Long: `lemexport exports the inbox conversations of a lemlist team, its users and its
labels into Parquet or Arrow files that carry the proof of their completeness.
Describe the exports in a file, look at the plan, then apply it.`,
		Example:       "  lemexport init -simulate\n  lemexport plan\n  lemexport apply",
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) > 0:
				return unknownCommand(command, args[0])
			case version:
				return runVersion(app, *global)
			}
			return command.Help()
		},
		PersistentPreRunE: func(command *cobra.Command, _ []string) error { return global.prepare(app, command) },
	}
	root.Flags().BoolVar(&version, "version", false, "print the version")
	flags := root.PersistentFlags()
	flags.StringVar(&global.chdir, "chdir", "", "change to `DIR` first; relative paths start there")
	flags.BoolVar(&global.json, "json", false, "print JSON on standard output, one message a line")
	flags.BoolVar(&global.noColor, "no-color", false, "print no colours (also: NO_COLOR=1)")
	flags.StringVar(&global.logLevel, "log-level", "", "log to standard error from `LEVEL` up: debug, info, warn or error (also: LEMEXPORT_LOG_LEVEL)")
	global.memory = exporter.DefaultMemory
	flags.Var(&global.memory, "memory", "use up to `SIZE` of memory for rows, for instance 64MiB (also: LEMEXPORT_MEMORY)")
	completes(root, "log-level", logLevels()...)
	flags.BoolP("help", "h", false, "explain the command")

	root.AddGroup(&cobra.Group{ID: groupMain, Title: "Commands"}, &cobra.Group{ID: groupOther, Title: "More commands"})
	add := func(group string, commands ...*cobra.Command) {
		for _, command := range commands {
			command.GroupID = group
			command.DisableFlagsInUseLine = true
			root.AddCommand(command)
		}
	}
	add(groupMain, newInit(app, global, views), newValidate(app, global, views), newPlan(app, global, views), newApply(app, global, views), newShow(app, global, views), newVerify(app, global, views), newReport(app, global, views))
	add(groupOther, newSchema(app, global), newRead(app, global, views), newPrune(app, global, views), newFmt(app, views), newSim(app, views), newSinger(app, global, views), newAirbyte(app, global), newCloudQuery(app, global), newPlugin(app), newHashKey(app, global), newVersion(app, global), newCompletion(app))
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(newHelp(root))
	root.SetHelpFunc(func(command *cobra.Command, _ []string) {
		newTerminal(app, app.Stdout, !global.noColor).print(helpText(command))
	})
	root.SetFlagErrorFunc(badFlag)
	root.SetIn(app.Stdin)
	root.SetOut(app.Stdout)
	root.SetErr(app.Stderr)
	return root
}

// settings are the flags that every command takes.
type settings struct {
	chdir    string
	json     bool
	noColor  bool
	logLevel string
	memory   byteSize
	// dataOnStdout says that standard output is taken: the views use standard error.
	dataOnStdout bool
}

// prepare acts on the flags that every command takes.
func (s *settings) prepare(app App, command *cobra.Command) error {
	if err := s.prepareLog(app, command); err != nil {
		return err
	}
	if text, ok := app.Env(MemoryVariable); ok && text != "" && !command.Flags().Changed("memory") {
		if err := s.memory.Set(text); err != nil {
			return exporter.WithHint(fmt.Errorf("%s=%q: %w", MemoryVariable, text, err), "Set it to a size such as 64MiB, or unset it.")
		}
	}
	if s.chdir == "" {
		return nil
	}
	if err := app.Chdir(s.chdir); err != nil {
		return fmt.Errorf("-chdir: %w", err)
	}
	return nil
}

// LogLevelVariable is the environment variable for -log-level; the plugin reads it, too.
const LogLevelVariable = "LEMEXPORT_LOG_LEVEL"

func logLevels() []string { return []string{"debug", "info", "warn", "error"} }

// prepareLog checks the level of the log, which a flag or the environment sets.
func (s *settings) prepareLog(app App, command *cobra.Command) error {
	if s.logLevel != "" {
		return oneOf(command, "log-level", s.logLevel, logLevels()...)
	}
	level, _ := app.Env(LogLevelVariable)
	if level != "" && !slices.Contains(logLevels(), level) {
		return exporter.WithHint(fmt.Errorf("%s=%q is not a level", LogLevelVariable, level), "Set it to "+strings.Join(logLevels(), ", ")+", or unset it.")
	}
	s.logLevel = level
	return nil
}

func unknownCommand(parent *cobra.Command, name string) error {
	var names []string
	for _, command := range parent.Root().Commands() {
		names = append(names, command.Name())
	}
	err := fmt.Errorf("unknown command %q", name)
	if instead := insteadOf(name); instead != "" {
		return exporter.WithHint(err, instead)
	}
	if guess := nearest.Name(name, names); guess != "" {
		err = fmt.Errorf("%w; did you mean %q?", err, guess)
	}
	return exporter.WithHint(err, "Run 'lemexport -help' to see the commands.")
}
