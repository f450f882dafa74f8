package config

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// File is one configuration file.
type File struct {
	// Name is the file's name as diagnostics show it.
	Name string
	// Bytes is the content, HCL in UTF-8.
	Bytes []byte
}

// Load reads files as one configuration and checks it. env looks up an
// environment variable, now is the clock behind timestamp().
//
// Every finding is reported at once, in the order of files and lines. When one
// of them is an error, there are no jobs; otherwise there is one a team, in the order
// of the configuration. While a file cannot be parsed, only
// findings about syntax are reported: the rest would be guesses.
func Load(files []File, env func(name string) (string, bool), now func() time.Time) ([]exporter.Job, exporter.Diagnostics) {
	return load(files, env, now, newReport(files))
}

// LoadForReading is [Load] for a use that exports nothing: export blocks may be
// missing.
func LoadForReading(files []File, env func(name string) (string, bool), now func() time.Time) ([]exporter.Job, exporter.Diagnostics) {
	report := newReport(files)
	report.exportOptional = true
	return load(files, env, now, report)
}

func load(files []File, env func(name string) (string, bool), now func() time.Time, report *report) ([]exporter.Job, exporter.Diagnostics) {
	blocks := decode(files, functions(env, now()), report)
	if report.broken {
		return nil, report.finish()
	}
	c := checker{report: report, env: env}
	job := c.job(blocks, len(files))
	diags := report.finish()
	if diags.HasErrors() {
		return nil, diags
	}
	return []exporter.Job{job}, diags
}
