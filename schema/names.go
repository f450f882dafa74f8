package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The server chooses the names and the number of unknown fields, so both are bounded
// wherever they are kept.
const (
	// MostNames is how many names a list of unknown fields has at most.
	MostNames = 1000
	// MoreNames is the last entry of a list that lacks some names.
	MoreNames = "… (more than 1,000 names)"
	// LongestName is how many bytes of a name are kept.
	LongestName = 100
)

// Names is a set of unknown fields that keeps the first MostNames. The zero value
// is empty.
type Names struct {
	kept map[string]struct{}
	more bool
}

// Add adds a name. It reports whether the name is new and was added.
func (n *Names) Add(name string) bool {
	if _, known := n.kept[name]; known {
		return false
	}
	if name == MoreNames || len(n.kept) == MostNames {
		n.more = true
		return false
	}
	if n.kept == nil {
		n.kept = make(map[string]struct{})
	}
	n.kept[name] = struct{}{}
	return true
}

// List returns the names, sorted, and MoreNames when some are missing. It is nil for an
// empty set.
func (n *Names) List() []string {
	list := slices.Sorted(maps.Keys(n.kept))
	if n.more {
		list = append(list, MoreNames)
	}
	return list
}

// QuoteName quotes a name unless it is a plain word, so that it cannot be mistaken for a
// path and is safe on a terminal. A long name is cut.
func QuoteName(name string) string {
	odd := func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) && r != '_' && r != '$' && r != '-'
	}
	if len(name) > LongestName {
		cut := LongestName
		for cut > LongestName-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut] + "…"
	}
	if name == "" || strings.ContainsFunc(name, odd) {
		return strconv.Quote(name)
	}
	return name
}
