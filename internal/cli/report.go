package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/internal/private"
)

// reportOptions are the flags of report.
type reportOptions struct {
	output   string
	force    bool
	personal bool
}

const stdoutName = "-"

// ReportInput is what a report is made of.
type ReportInput struct {
	File *engine.File
	// Pattern is the name of the file in its folder, or a glob for the files of an append.
	Pattern string
	// Personal shows the names of users, or their ids where no name is known.
	Personal bool
	// Users is the export of the users, nil without one; UsersError says why it cannot be
	// opened.
	Users      *engine.File
	UsersError error
}

func newReport(app App, global *settings, views func() view) *cobra.Command {
	var options reportOptions
	command := &cobra.Command{
		Use:   "report LOCATION",
		Short: "Make an HTML page of an export",
		Long: `Reads the export at LOCATION, a file or the folder it was written to, and makes
one HTML page of it: proof, channels, users, activity over time, replies, whose
turn it is, unknown fields and columns. With each chart is the SQL that gives its
numbers in DuckDB. The page loads nothing from a network, runs no script, and
shows no names, addresses, messages or ids of users.

With -personal it shows the names of users where an export of the users lies in
the same folder, and their ids elsewhere.

Of the folder with the files of an append it shows the newest version of each
conversation over all files, with the proof of the newest file.

Without -output it is written to the working folder, under the name of the file
with the ending .html. An existing file is replaced with -force only.`,
		Example: "  lemexport report out\n  lemexport report -output=- out > report.html",
		Args:    upTo(1, "LOCATION"),
		RunE: func(command *cobra.Command, args []string) error {
			toStdout := options.output == stdoutName
			if toStdout && options.force {
				return usageError(command, "-force is for files, and -output=- is standard output")
			}
			global.dataOnStdout = toStdout
			return runReport(command.Context(), app, *global, views(), args[0], options)
		},
	}
	command.Flags().StringVarP(&options.output, "output", "o", "", "write to `FILE` (also: -o); - is standard output")
	command.Flags().BoolVar(&options.force, "force", false, "replace the file if there is one")
	command.Flags().BoolVar(&options.personal, "personal", false, "show who the users are")
	return command
}

func runReport(ctx context.Context, app App, global settings, show view, location string, options reportOptions) error {
	show.diagnostics(exporter.LocationWarnings(location))
	return interruptible(ctx, app, show, func(ctx context.Context) (err error) {
		defer func() { err = interruption(ctx, err, "no report was written") }()
		engine := app.NewEngine(newLog(app, global), "", int64(global.memory), 1)
		file, err := engine.OpenFile(ctx, location)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		exportName := baseName(file.URL())
		input := ReportInput{File: file, Pattern: path.Join(exportName, file.Glob()), Personal: options.personal}
		if users := app.UsersTable(file.Table()); users != nil && options.personal {
			input.Users, input.UsersError = engine.OpenBeside(ctx, location, file.Table(), users)
			if input.Users != nil {
				defer func() { err = errors.Join(err, input.Users.Close()) }()
			}
			if errors.Is(input.UsersError, fs.ErrNotExist) {
				input.UsersError = nil
			}
		}
		write := func(to io.Writer) error { return app.WriteReport(ctx, input, to) }
		if options.output == stdoutName {
			return write(app.Stdout)
		}
		name := options.output
		if name == "" {
			name = strings.TrimSuffix(exportName, filepath.Ext(exportName)) + ".html"
		}
		size, err := createFile(name, options.force, write)
		if err != nil {
			return err
		}
		show.reported(name, size)
		return nil
	})
}

// baseName is the last name of a path or a URL.
func baseName(location string) string {
	if parsed, err := url.Parse(location); err == nil && strings.Contains(location, "://") {
		return path.Base(parsed.Path)
	}
	return filepath.Base(location)
}

// createFile writes a new file, which is this user's only, or with replace one that takes the
// place of an old one.
func createFile(name string, replace bool, write func(io.Writer) error) (size int64, err error) {
	to := private.Create
	if replace {
		to = private.Replace
	}
	size, err = to(name, 0, write)
	if errors.Is(err, fs.ErrExist) {
		return 0, exporter.WithHint(fmt.Errorf("%s exists", name), "Replace it with -force, or name another file with -output.")
	}
	return size, err
}
