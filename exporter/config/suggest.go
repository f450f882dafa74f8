package config

import (
	"strconv"
	"strings"

	"github.com/lemexport/lemexport/internal/nearest"
)

// didYouMean is a sentence with the known name nearest to given, with a space
// before it, or "" when none is near.
func didYouMean(given string, known []string) string {
	if name := nearest.Name(given, known); name != "" {
		return " Did you mean " + strconv.Quote(name) + "?"
	}
	return ""
}

// list joins names for a sentence: "a", "b" or "c".
func list(names []string, last string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	end := len(quoted) - 1
	return strings.Join(quoted[:end], ", ") + " " + last + " " + quoted[end]
}
