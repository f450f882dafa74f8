package schema

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A server chooses the names that a table does not know, and how many: both are
// bounded wherever they are kept.
const (
	// MostNames is how many names a list of unknown fields has at most.
	MostNames = 1000
	// MoreNames is the last entry of a list that had no room for all names.
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

// Add adds a name. It reports whether the set took it and did not have it before.
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

// List returns the names, sorted; MoreNames is the last when some are missing. It
// is nil when there is none.
func (n *Names) List() []string {
	list := slices.Sorted(maps.Keys(n.kept))
	if n.more {
		list = append(list, MoreNames)
	}
	return list
}

// QuoteName writes a name so that it can not be taken for a path, and so that it
// does no harm on a terminal: quoted, unless it is a plain word. A long name is cut.
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
