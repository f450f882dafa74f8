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

// Inputs are what the expressions of a configuration can read. All are required.
type Inputs struct {
	// Env looks up an environment variable.
	Env func(name string) (string, bool)
	// ReadFile reads at most so many bytes from the beginning of a file. Relative names
	// are relative to the working folder.
	ReadFile func(name string, most int) ([]byte, error)
	// Now is the clock behind timestamp().
	Now func() time.Time
}

// Load reads files as one configuration and checks it.
//
// Every finding is reported at once, in the order of files and lines. When one
// of them is an error, there are no jobs; otherwise there is one a team, in the order
// of the configuration. While a file cannot be parsed, only
// findings about syntax are reported: the rest would be guesses.
func Load(files []File, in Inputs) ([]exporter.Job, exporter.Diagnostics) {
	return load(files, in, newReport(files))
}

// LoadForReading is [Load] for a use that exports nothing: export blocks may be
// missing.
func LoadForReading(files []File, in Inputs) ([]exporter.Job, exporter.Diagnostics) {
	report := newReport(files)
	report.exportOptional = true
	return load(files, in, report)
}

func load(files []File, in Inputs, report *report) ([]exporter.Job, exporter.Diagnostics) {
	d := newDecoder(in, report)
	drafts := d.decode(files)
	if report.broken {
		return nil, report.finish(0)
	}
	jobs := newConfiguration(d, drafts).jobs(len(files))
	diags := report.finish(len(jobs))
	if diags.HasErrors() {
		return nil, diags
	}
	return jobs, diags
}
