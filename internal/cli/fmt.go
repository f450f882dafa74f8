package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

func newFmt(app App, views func() view) *cobra.Command {
	var check bool
	command := &cobra.Command{
		Use:   "fmt [PATH]",
		Short: "Format configuration files",
		Long: `Rewrites the configuration files at PATH, a file or a folder of *.hcl files, and
lists those that changed. Only white space changes. With - as PATH it reads
standard input and prints the result.`,
		Example: "  lemexport fmt\n  lemexport fmt -check examples/quickstart",
		Args:    atMost(1),
		RunE: func(command *cobra.Command, args []string) error {
			path := argument(args)
			if path == "-" {
				if check {
					return usageError(command, "-check does not go with standard input")
				}
				return formatInput(app)
			}
			return runFmt(app, views(), path, check)
		},
	}
	command.Flags().BoolVar(&check, "check", false, "change nothing; list what would change and exit with 1")
	return command
}

func formatInput(app App) error {
	file, err := readLimited(app.Stdin, "<stdin>")
	if err != nil {
		return err
	}
	formatted, diags := app.FormatConfig(file)
	if err := diags.Err(); err != nil {
		return err
	}
	_, _ = app.Stdout.Write(formatted) // App.Main looks at the error
	return nil
}

func runFmt(app App, show view, path string, check bool) error {
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
		if !check {
			if err := replaceFile(file.Name, formatted); err != nil {
				return fmt.Errorf("write %s: %w", file.Name, err)
			}
		}
		show.formatted(file.Name)
	}
	if !found.HasErrors() {
		show.diagnostics(found)
	}
	if err := found.Err(); err != nil {
		return err
	}
	if check && changed {
		return ended{exporter.ExitError}
	}
	return nil
}

// replaceFile writes a new version of a file in one step. Links stay links and
// the mode stays.
func replaceFile(name string, body []byte) (err error) {
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
	// The ending keeps it from being read as configuration.
	temp, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temp.Name()))
		}
	}()
	_, err = temp.Write(body)
	err = errors.Join(err, temp.Chmod(info.Mode().Perm()), temp.Sync(), temp.Close())
	if err != nil {
		return err
	}
	return os.Rename(temp.Name(), target)
}
