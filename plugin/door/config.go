package door

import (
	_ "embed" // the schema of the configuration
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// File is a file that a host passes.
type File struct {
	// Name is the path as the host spells it.
	Name  string
	Bytes []byte
}

// LoadConfig reads a host's configuration with parse. The error is a [*ConfigError].
func LoadConfig(parse func(body []byte) (exporter.Job, exporter.Diagnostics), file File) (exporter.Job, exporter.Diagnostics, error) {
	job, found := parse(file.Bytes)
	for i := range found {
		found[i].Address = place(file.Name, found[i].Path)
	}
	if found.HasErrors() {
		return exporter.Job{}, nil, &ConfigError{found}
	}
	return job, found, nil
}

// place names a part of a file that is JSON.
func place(file, path string) string {
	if path == "" {
		return file
	}
	return file + " at " + path
}

// ConfigError says what is wrong with a configuration.
type ConfigError struct{ Found exporter.Diagnostics }

// Error names the first error and its place, in one line.
func (e *ConfigError) Error() string {
	more := -1
	var first exporter.Diagnostic
	for _, one := range e.Found {
		if one.Severity != exporter.SeverityError {
			continue
		}
		if more++; more == 0 {
			first = one
		}
	}
	text := fmt.Sprintf("invalid configuration in %s: %s", first.Address, strings.ReplaceAll(first.Summary, "\n", " "))
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Unwrap gives all findings.
func (e *ConfigError) Unwrap() error { return e.Found }

// InputError is the error of a catalog, a state or the name of a stream that a host passes.
type InputError struct{ Err error }

// Error implements error.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap gives the error with its hint.
func (e *InputError) Unwrap() error { return e.Err }

//go:embed config.schema.json
var configSchema string

// ConfigSchema is the JSON Schema of a host's configuration. The loader checks more.
func ConfigSchema() string { return configSchema }
