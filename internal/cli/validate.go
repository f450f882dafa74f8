package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

const validateName = "validate"

func newValidate(app App, global *settings, views func() view) *cobra.Command {
	return &cobra.Command{
		Use:   validateName + " [PATH]",
		Short: "Check a configuration without contacting the API",
		Long: `Checks the configuration at PATH, a file or a folder of *.hcl files; the default
is the working folder. It does not contact the API and writes nothing.

With -json the result is one object: format_version, valid, error_count,
warning_count, endpoint (of the API, when there is no error) and diagnostics.`,
		Example: "  lemexport validate examples/quickstart",
		Args:    atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return runValidate(app, *global, views, argument(args))
		},
	}
}

func runValidate(app App, global settings, views func() view, path string) error {
	files, err := readConfig(path)
	if err != nil {
		return err
	}
	jobs, diags := app.LoadConfig(files)
	var job exporter.Job
	if len(jobs) > 0 {
		job = jobs[0]
	}
	switch {
	case global.json:
		writeValidation(app.Stdout, job.Source.Endpoint, diags)
	default:
		views().diagnostics(diags)
	}
	if diags.HasErrors() {
		return ended{exporter.ExitError}
	}
	if !global.json {
		newTerminal(app, app.Stdout, !global.noColor).print(green(bold("Valid.")) + " " + jobText(job) + "\n")
	}
	return nil
}

func jobText(job exporter.Job) string {
	team := "the team at " + inline(outward(job.Source.Endpoint))
	if simulation := job.Source.Simulate; simulation != nil {
		team = fmt.Sprintf("a simulated team (%s, %s)", many(int64(simulation.Users), "user"), many(int64(simulation.Conversations), "conversation"))
	}
	return fmt.Sprintf("%s from %s.", many(int64(len(job.Exports)), "export"), team)
}

// validation is the object of `validate -json`.
type validation struct {
	FormatVersion string `json:"format_version"`
	Valid         bool   `json:"valid"`
	Errors        int    `json:"error_count"`
	Warnings      int    `json:"warning_count"`
	// Endpoint is where the API key goes; empty when there are errors or no key.
	Endpoint    string               `json:"endpoint,omitempty"`
	Diagnostics exporter.Diagnostics `json:"diagnostics"`
}

func writeValidation(to io.Writer, endpoint string, diags exporter.Diagnostics) {
	result := validation{FormatVersion: uiVersion, Valid: !diags.HasErrors(), Endpoint: endpoint, Diagnostics: append(exporter.Diagnostics{}, diags...)}
	for _, one := range diags {
		if one.Severity == exporter.SeverityError {
			result.Errors++
		} else {
			result.Warnings++
		}
	}
	_, _ = to.Write(append(encodeJSON(result), '\n')) // App.Main looks at the error
}
