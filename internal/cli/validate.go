package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
)

const validateName = "validate"

func newValidate(app App, global *settings, views func() view) *cobra.Command {
	var choice teamChoice
	var variables variableFlags
	var strict bool
	command := &cobra.Command{
		Use:   validateName + " [PATH]",
		Short: "Check a configuration without contacting the API",
		Long: `Checks the configuration at PATH, a file or a folder of *.hcl and *.hcl.json files; the default
is the working folder. It does not contact the API and writes nothing. It needs no
secret: an environment variable, a file or a variable without a value is a warning,
and with -strict an error. Without an export block it is valid, with a warning:
'lemexport read' and hosts need none.

With -json the result is one object: format_version, valid, error_count,
warning_count, endpoint (of the API, when there is no error), teams (the names of
the selected teams, when the configuration names them) and diagnostics.`,
		Example: "  lemexport validate\n  lemexport validate team.hcl",
		Args:    atMost(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return runValidate(app, *global, views, argument(args), choice, variables, strict)
		},
	}
	choice.addTo(command.Flags())
	variables.addTo(command.Flags())
	command.Flags().BoolVar(&strict, "strict", false, "make it an error that an environment variable, a file or a variable has no value")
	return command
}

func runValidate(app App, global settings, views func() view, path string, choice teamChoice, variables variableFlags, strict bool) error {
	source, err := variables.configuration(path)
	if err != nil {
		return err
	}
	source.SecretsOptional = !strict
	jobs, diags := loadToValidate(app, source)
	if diags.HasErrors() {
		jobs = nil
	}
	result := validated{diagnostics: diags}
	if len(jobs) > 0 {
		result.endpoint = jobs[0].Source.Endpoint
		several := named(jobs)
		if jobs, err = choice.of(jobs); err != nil {
			return err
		}
		if several {
			result.teams = teamNames(jobs)
		}
	}
	switch {
	case global.json:
		writeValidation(app.Stdout, result)
	default:
		views().diagnostics(diags)
	}
	if diags.HasErrors() {
		return ended{exporter.ExitError}
	}
	if !global.json {
		newTerminal(app, app.Stdout, !global.noColor).print(green(bold("Valid.")) + " " + jobsText(jobs) + "\n")
	}
	return nil
}

// loadToValidate loads a configuration. One without exports is valid, for it can be read.
func loadToValidate(app App, source Configuration) ([]exporter.Job, exporter.Diagnostics) {
	jobs, diags := app.LoadConfig(source)
	if !diags.HasErrors() {
		return jobs, diags
	}
	reading, found := app.LoadForReading(source)
	exports := func(job exporter.Job) bool { return len(job.Exports) > 0 }
	if found.HasErrors() || len(reading) == 0 || slices.ContainsFunc(reading, exports) {
		return jobs, diags
	}
	return reading, append(found, exporter.Diagnostic{
		Severity: exporter.SeverityWarning, Summary: "No export block",
		Detail: "The configuration is valid for lemexport read and for hosts. plan and apply need an export block with a destination.",
	})
}

func jobsText(jobs []exporter.Job) string {
	if len(jobs) == 1 && jobs[0].Team == "" {
		return jobText(jobs[0])
	}
	if len(jobs) == 0 {
		return "The teams are not known without what is missing."
	}
	text := many(int64(len(jobs)), "team")
	return text + ": " + inline(outward(listed(teamNames(jobs)))) + "."
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
	Endpoint string `json:"endpoint,omitempty"`
	// Teams are the names of the selected teams; absent when the configuration names none.
	Teams       []string             `json:"teams,omitzero"`
	Diagnostics exporter.Diagnostics `json:"diagnostics"`
}

// validated is what a validation found.
type validated struct {
	endpoint    string
	teams       []string
	diagnostics exporter.Diagnostics
}

func writeValidation(to io.Writer, found validated) {
	result := validation{
		FormatVersion: uiVersion, Valid: !found.diagnostics.HasErrors(), Endpoint: found.endpoint, Teams: found.teams,
		Diagnostics: append(exporter.Diagnostics{}, found.diagnostics...),
	}
	for _, one := range found.diagnostics {
		if one.Severity == exporter.SeverityError {
			result.Errors++
		} else {
			result.Warnings++
		}
	}
	_, _ = to.Write(append(encodeJSON(result), '\n')) // App.Main looks at the error
}
