package config

import (
	"strconv"
	"strings"

	"github.com/agext/levenshtein"
)

// didYouMean is a sentence with the known name nearest to given, with a space
// before it, or "" when none is near.
func didYouMean(given string, known []string) string {
	if name := nearest(given, known); name != "" {
		return " Did you mean " + strconv.Quote(name) + "?"
	}
	return ""
}

// nearest allows about one wrong letter in three: fewer would miss real typing
// errors, more would suggest names that have nothing to do with it.
func nearest(given string, known []string) string {
	const longest = 64 // the distance costs the product of the lengths
	if len(given) > longest {
		return ""
	}
	best, bestDistance := "", 1+max(1, len(given)/3)
	for _, name := range known {
		if d := levenshtein.Distance(strings.ToLower(given), name, nil); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
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
