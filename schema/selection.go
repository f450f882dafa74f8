package schema

import (
	"errors"
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

// Names returns the names of all columns and of the fields of structs, in
// order: `contact`, `contact.email`, `users.user_id`. The element of a list has
// no name of its own.
func (t *Table) Names() []string {
	var names []string
	eachColumn(t.Columns, "", func(name string, _ Column) { names = append(names, name) })
	return names
}

// Find returns the column or field of that name.
func (t *Table) Find(name string) (Column, bool) {
	var found Column
	ok := false
	eachColumn(t.Columns, "", func(one string, column Column) {
		if one == name {
			found, ok = column, true
		}
	})
	return found, ok
}

// Personal returns the names of the columns that identify people or hold what they
// wrote, as the API sent it. Hashed columns are not among them; for a struct its
// fields are.
func (t *Table) Personal() []string {
	var names []string
	eachColumn(t.Columns, "", func(name string, column Column) {
		hashed := column.Hashed || column.Elem != nil && column.Elem.Hashed
		if column.Personal && !hashed && len(fieldsOf(column)) == 0 {
			names = append(names, name)
		}
	})
	return names
}

func eachColumn(columns []Column, parent string, visit func(name string, column Column)) {
	for _, column := range columns {
		visit(parent+column.Name, column)
		eachColumn(fieldsOf(column), parent+column.Name+".", visit)
	}
}

// fieldsOf are the fields of a struct, or of the structs in a list.
func fieldsOf(column Column) []Column {
	if column.Elem != nil {
		return column.Elem.Fields
	}
	return column.Fields
}

// errNoColumn is wrapped by the errors about names that the table does not have.
var errNoColumn = errors.New("no such column")

// MayExclude returns the reason why a column cannot be left out; nil when it can.
func (t *Table) MayExclude(name string) error {
	column, ok := t.Find(name)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", name, errNoColumn)
	case column.Needed != "":
		return fmt.Errorf("%s cannot be left out: %s", name, column.Needed)
	}
	return nil
}

// MayHash returns the reason why a column cannot be hashed; nil when it can. Only text
// can be hashed.
func (t *Table) MayHash(name string) error {
	column, ok := t.Find(name)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", name, errNoColumn)
	case column.Needed != "":
		return fmt.Errorf("%s cannot be hashed: %s", name, column.Needed)
	case len(fieldsOf(column)) > 0:
		var inside []string
		for _, field := range fieldsOf(column) {
			if field.Type == String {
				inside = append(inside, name+"."+field.Name)
			}
		}
		return fmt.Errorf("%s is not text; its text fields are %s", name, strings.Join(inside, ", "))
	case column.Type != String && (column.Elem == nil || column.Elem.Type != String):
		return fmt.Errorf("%s is not text but %s", name, column.Type)
	}
	return nil
}

// Select returns the table without the columns that s excludes, and marks the columns
// that s hashes. Columns keep their ids, but files state ids only when no column is left
// out, see Table.FieldIDs. A struct without remaining fields is left out itself.
func (t *Table) Select(s Selection) (*Table, error) {
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
