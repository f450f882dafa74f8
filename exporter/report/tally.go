package report

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"
)

const (
	// mostKeys bounds the memory of a tally: names come from outside.
	mostKeys = 10_000
	// longestKey is the bytes of a name that are kept.
	longestKey = 120
)

// tally counts by name. Names beyond mostKeys are counted together, in rest.
type tally[T any] struct {
	of   map[string]*T
	rest T
	full bool
}

func newTally[T any]() tally[T] { return tally[T]{of: map[string]*T{}} }

// at is the place to count a name in.
func (t *tally[T]) at(name string) *T {
	name = shorten(name)
	if found, ok := t.of[name]; ok {
		return found
	}
	if len(t.of) >= mostKeys {
		t.full = true
		return &t.rest
	}
	found := new(T)
	// The text may be part of a record that is reused.
	t.of[string([]byte(name))] = found
	return found
}

// named is one entry of a tally.
type named[T any] struct {
	name string
	T    *T
}

// ranked lists the names, the largest first, names of one size in their order.
func (t *tally[T]) ranked(size func(*T) int64) []named[T] {
	var list []named[T]
	for _, name := range slices.Sorted(maps.Keys(t.of)) {
		list = append(list, named[T]{name, t.of[name]})
	}
	slices.SortStableFunc(list, func(a, b named[T]) int { return cmp.Compare(size(b.T), size(a.T)) })
	return list
}

// shorten cuts a name to a length that a page can show.
func shorten(name string) string {
	if len(name) <= longestKey {
		return name
	}
	cut := longestKey
	for cut > longestKey-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + "…"
}
