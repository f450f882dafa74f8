package schema

import (
	"fmt"
	"slices"
	"strings"
)

// HashAlgorithm is how hashed columns are made: HMAC-SHA-256 of the text under a
// secret key, in 64 hexadecimal digits.
const HashAlgorithm = "hmac-sha256"

// Selection names the columns of a table to leave out and to hash, as Table.Names
// spells them. The zero value keeps all columns unchanged.
type Selection struct {
	Exclude []string
	Hash    []string
}

// IsZero reports whether nothing is left out or hashed.
func (s Selection) IsZero() bool { return len(s.Exclude) == 0 && len(s.Hash) == 0 }

// Sorted returns the same selection with its names sorted, each once.
func (s Selection) Sorted() Selection {
	once := func(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
	return Selection{Exclude: once(s.Exclude), Hash: once(s.Hash)}
}

// Equal reports whether two selections leave out and hash the same columns.
func (s Selection) Equal(other Selection) bool {
	a, b := s.Sorted(), other.Sorted()
	return slices.Equal(a.Exclude, b.Exclude) && slices.Equal(a.Hash, b.Hash)
}

// of implements Table.Select.
func (s Selection) of(t *Table) (*Table, error) {
	if s.IsZero() {
		return t, nil
	}
	for _, name := range s.Exclude {
		if err := t.MayExclude(name); err != nil {
			return nil, err
		}
	}
	for _, name := range s.Hash {
		if err := t.MayHash(name); err != nil {
			return nil, err
		}
		if s.leavesOut(name) {
			return nil, fmt.Errorf("%s is both left out and hashed", name)
		}
	}
	selected := t.with(s.pick(t.Columns, ""))
	selected.partial = t.partial || len(s.Exclude) > 0
	return selected, nil
}

// leavesOut reports whether a column, or a struct around it, is left out.
func (s Selection) leavesOut(name string) bool {
	return slices.ContainsFunc(s.Exclude, func(out string) bool { return name == out || strings.HasPrefix(name, out+".") })
}

func (s Selection) pick(columns []Column, parent string) []Column {
	var picked []Column
	for _, column := range columns {
		name := parent + column.Name
		if slices.Contains(s.Exclude, name) {
			continue
		}
		hashed := slices.Contains(s.Hash, name)
		if column.Elem != nil {
			elem := *column.Elem
			elem.Hashed = hashed
			elem.Fields = s.pick(elem.Fields, name+".")
			if column.Elem.Fields != nil && elem.Fields == nil {
				continue
			}
			column.Elem = &elem
		} else {
			column.Hashed = hashed
		}
		if column.Fields != nil {
			if column.Fields = s.pick(column.Fields, name+"."); column.Fields == nil {
				continue
			}
		}
		picked = append(picked, column)
	}
	return picked
}
