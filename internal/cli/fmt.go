package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

func newFmt(app App, views func() view) *cobra.Command {
	var mode fmtMode
	command := &cobra.Command{
		Use:   "fmt [PATH]",
		Short: "Format configuration files",
		Long: `Rewrites the configuration files at PATH, a file or a folder of *.hcl files, and
lists those that changed. Only white space changes. With - as PATH it reads
standard input and prints the result. -check and -diff change nothing.

Exit status: 0 done, 1 error; with -check 1 when something would change.`,
		Example: "  lemexport fmt\n  lemexport fmt -check -diff\n  lemexport fmt - < team.hcl",
		Args:    atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := argument(args)
			if path == "-" {
				return formatInput(app, views(), mode)
			}
			return runFmt(app, views(), path, mode)
		},
	}
	command.Flags().BoolVar(&mode.check, "check", false, "change nothing; list what would change and exit with 1")
	command.Flags().BoolVar(&mode.diff, "diff", false, "change nothing; print what would change as a unified diff")
	return command
}

// fmtMode says what fmt does instead of changing files.
type fmtMode struct{ check, diff bool }

// reads reports whether nothing is changed.
func (m fmtMode) reads() bool { return m.check || m.diff }

// end is the end of a command that found something to change.
func (m fmtMode) end() error {
	if m.check {
		return ended{exporter.ExitError}
	}
	return nil
}

// difference is what formatting changes in a file, where that was asked for.
func (m fmtMode) difference(file SourceFile, formatted []byte) string {
	if !m.diff {
		return ""
	}
	return udiff.Unified(file.Name, file.Name, string(file.Bytes), string(formatted))
}

func formatInput(app App, show view, mode fmtMode) error {
	file, err := readLimited(app.Stdin, "<stdin>")
	if err != nil {
		return err
	}
	formatted, diags := app.FormatConfig(file)
	if err := diags.Err(); err != nil {
		return err
	}
	if !mode.reads() {
		_, _ = app.Stdout.Write(formatted) // App.Main looks at the error
		return nil
	}
	if bytes.Equal(formatted, file.Bytes) {
		return nil
	}
	show.formatted(file.Name, mode.difference(file, formatted))
	return mode.end()
}

func runFmt(app App, show view, path string, mode fmtMode) error {
	files, err := readConfig(path)
	if err != nil {
		return err
	}
	var found exporter.Diagnostics
	changed := false
	for _, file := range files {
		formatted, diags := app.FormatConfig(file)
		found = append(found, diags...)
		if diags.HasErrors() || bytes.Equal(formatted, file.Bytes) {
			continue
		}
		changed = true
		if !mode.reads() {
			if err := replaceFile(file.Name, formatted); err != nil {
				return fmt.Errorf("write %s: %w", file.Name, err)
			}
		}
		show.formatted(file.Name, mode.difference(file, formatted))
	}
	if !found.HasErrors() {
		show.diagnostics(found)
	}
	if err := found.Err(); err != nil {
		return err
	}
	if changed {
		return mode.end()
	}
	return nil
}

// replaceFile writes a new version of a file in one step. Links stay links and
// the mode stays.
func replaceFile(name string, body []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a regular file")
	}
	_, err = private.Replace(target, info.Mode().Perm(), private.Bytes(body))
	return err
}
