// Package nearest finds the name that a misspelt one was meant to be. It imports
// nothing of ours.
package nearest

import (
	"strings"

	"github.com/agext/levenshtein"
)

// longest is the length from which a name is not compared: the distance costs the
// product of the lengths.
const longest = 64

// Name returns the known name nearest to given, or "" when none is near. It allows one
// wrong letter in three, and two in a name of four or five, where a swapped pair counts
// as two. Case is ignored. Fewer would miss real typing errors, more would suggest names
// that have nothing to do with the given one. Where none is near, it is the first one that
// ends with the given name as a word, as inbox_labels does with labels.
func Name(given string, known []string) string {
	if len(given) > longest {
		return ""
	}
	best, bestDistance := "", 1+max(len(given)/3, min(len(given)/2, 2))
	for _, name := range known {
		if d := levenshtein.Distance(strings.ToLower(given), strings.ToLower(name), nil); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	if best != "" || given == "" {
		return best
	}
	for _, name := range known {
		if strings.HasSuffix(strings.ToLower(name), "_"+strings.ToLower(given)) {
			return name
		}
	}
	return ""
}
