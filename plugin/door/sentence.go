package door

import (
	"errors"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// Sentence is an error and what to do about it, in one line.
func Sentence(err error) string {
	text, hint := err.Error(), exporter.Hint(err)
	if wrong, ok := errors.AsType[*ConfigError](err); ok {
		for _, one := range wrong.Found {
			if one.Severity == exporter.SeverityError {
				hint = one.Detail
				break
			}
		}
	}
	if hint != "" {
		text += ". " + hint
	}
	return strings.Join(strings.Fields(text), " ")
}
