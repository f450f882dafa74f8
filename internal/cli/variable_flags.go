package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/lemexport/lemexport/exporter"
)

// Configuration is what a configuration is read from.
type Configuration struct {
	Files []SourceFile
	// Variables are the values of -var, in order.
	Variables []Variable
	// VariableFiles are the files of -var-file, in order.
	VariableFiles []SourceFile
	// SecretsOptional makes it a warning that a variable or a file has no value.
	SecretsOptional bool
}

// Variable is a value for a variable of a configuration.
type Variable struct{ Name, Value string }

// variableFlags are the flags that give values to variables.
type variableFlags struct{ values, files []string }

func (v *variableFlags) addTo(flags *pflag.FlagSet) {
	flags.StringArrayVar(&v.values, "var", nil, "give a variable of the configuration a value, `NAME=VALUE`; may be repeated (also: LEMEXPORT_VAR_NAME=VALUE)")
	flags.StringArrayVar(&v.files, "var-file", nil, "read values of variables from `FILE`, lines of the form name = value; may be repeated")
}

// configuration reads a configuration and the values of its variables.
func (v variableFlags) configuration(path string) (Configuration, error) {
	files, err := readConfig(path)
	if err != nil {
		return Configuration{}, err
	}
	found := Configuration{Files: files}
	for _, text := range v.values {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return Configuration{}, exporter.WithHint(errors.New("-var needs a name and a value, separated by ="), "Write -var NAME=VALUE.")
		}
		found.Variables = append(found.Variables, Variable{Name: name, Value: value})
	}
	for _, name := range v.files {
		file, err := readSource(name)
		if err != nil {
			return Configuration{}, exporter.WithHint(fmt.Errorf("-var-file: %w", err), "Give a file with lines of the form name = value.")
		}
		found.VariableFiles = append(found.VariableFiles, file)
	}
	return found, nil
}
