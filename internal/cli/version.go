package cli

import (
	"github.com/spf13/cobra"
)

// Version says what was built.
type Version struct {
	// Number is like "0.1.0"; "dev" when the build knows none.
	Number string `json:"version"`
	// Commit is the revision; empty when unknown.
	Commit string `json:"commit,omitempty"`
	// Modified says that the working tree differed from Commit.
	Modified bool `json:"modified,omitempty"`
	// Go is the Go version, Platform is like "linux/amd64".
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion(app App, global *settings) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Prints the version of lemexport, the commit it was built from, Go and the platform.",
		Example: "  lemexport version -json",
		Args:    atMost(0),
		RunE:    func(*cobra.Command, []string) error { return runVersion(app, *global) },
	}
}

func runVersion(app App, global settings) error {
	if global.json {
		_, _ = app.Stdout.Write(append(encodeJSON(app.Version), '\n')) // App.Main looks at the error
		return nil
	}
	text := "lemexport " + app.Version.Number
	if app.Version.Commit != "" {
		text += ", commit " + app.Version.Commit
		if app.Version.Modified {
			text += " with changes"
		}
	}
	newTerminal(app, app.Stdout, !global.noColor).print(text + ", " + app.Version.Go + ", " + app.Version.Platform + "\n")
	return nil
}
