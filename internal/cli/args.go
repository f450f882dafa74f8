package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

// rewrite accepts flags with one dash, as Terraform spells them: -json becomes
// --json. Flags of one letter, -h and -o, stay. "--" ends
// the flags; "-" alone is standard input.
func rewrite(args []string) []string {
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		name, _, _ := strings.Cut(arg, "=")
		if len(name) > 2 && name[0] == '-' && name[1] != '-' {
			arg = "-" + arg
		}
		out = append(out, arg)
	}
	return out
}

// usageError is a mistake on the command line.
func usageError(command *cobra.Command, format string, args ...any) error {
	hint := fmt.Sprintf("Run '%s -help' to see how it is used.", command.CommandPath())
	return exporter.WithHint(fmt.Errorf(format, args...), hint)
}

// badFlag rewords an error of pflag.
func badFlag(command *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name := unknown.GetSpecifiedName()
		var names []string
		command.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
		if instead := insteadOfFlag(command.Name(), name); instead != "" {
			return exporter.WithHint(fmt.Errorf("unknown flag -%s", name), instead)
		}
		if guess := nearest.Name(name, names); guess != "" {
			return usageError(command, "unknown flag -%s; did you mean -%s?", name, guess)
		}
		return usageError(command, "unknown flag -%s", name)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usageError(command, "flag -%s needs a value", missing.GetSpecifiedName())
	}
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return usageError(command, "flag -%s does not take %q: it must be %s", invalid.GetFlag().Name, invalid.GetValue(), wanted(invalid.GetFlag()))
	}
	return usageError(command, "%w", err)
}

func wanted(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "size":
		return "a size such as 64MiB, at least 32MiB"
	case "bool":
		return "true or false"
	case "shard":
		return "I/N, with I from 0 to N-1"
	case "duration":
		return "a duration: a number and a unit, h, m or s, such as 12h"
	case "int":
		return "a whole number"
	case "uint64":
		return "a whole number, not negative"
	case "float64":
		return "a number"
	}
	return "a " + flag.Value.Type()
}

// atMost accepts up to that many arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) > n {
			return usageError(command, "%s takes %s, not %d", command.CommandPath(), arguments(n), len(args))
		}
		return nil
	}
}

// upTo accepts one to n arguments, the first of which is called name in the help
// text.
func upTo(n int, name string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError(command, "%s needs a %s", command.CommandPath(), name)
		}
		return atMost(n)(command, args)
	}
}

// atLeastOne accepts one argument or more, each of which is called name in the help text.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usageError(command, "%s needs a %s", command.CommandPath(), name)
		}
		return nil
	}
}

func arguments(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "one argument"
	}
	return fmt.Sprintf("at most %d arguments", n)
}

// oneOf checks a flag that takes one of a few words.
func oneOf(command *cobra.Command, flag, value string, words ...string) error {
	if slices.Contains(words, value) {
		return nil
	}
	if guess := nearest.Name(value, words); guess != "" {
		return usageError(command, "flag -%s does not take %q; did you mean %q?", flag, value, guess)
	}
	return usageError(command, "flag -%s does not take %q; it takes %s", flag, value, strings.Join(words, ", "))
}
