package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/schema"
)

const (
	// mostListed is how many items of a list are shown, because servers and files can have
	// very many. With -json all are shown.
	mostListed = 20
	// longestItem is how many characters of an item are shown.
	longestItem = 200
)

// listed joins the first items, and says how many more there are.
func listed(items []string) string {
	least := ""
	if n := len(items); n > 0 && items[n-1] == schema.MoreNames {
		items, least = items[:n-1], "at least "
	}
	var first []string
	for _, item := range items[:min(len(items), mostListed)] {
		first = append(first, shorten(item, longestItem))
	}
	text := strings.Join(first, ", ")
	if more := len(items) - len(first); more > 0 || least != "" {
		text += " and " + least + count(int64(more)) + " more"
	}
	return text
}

// first returns the first items, and a line that says how many more there are; "" when
// there are no more.
func first[T any](items []T) (shown []T, more string) {
	shown = items[:min(len(items), mostListed)]
	if left := len(items) - len(shown); left > 0 {
		more = fmt.Sprintf("  … and %s more\n", count(int64(left)))
	}
	return slices.Clip(shown), more
}
