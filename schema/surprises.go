package schema

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
)

// surprises collects Page.UnknownFields.
type surprises struct {
	found map[string]bool
	text  []byte
}

// field notes a key that the table does not have, inside the object at path.
func (s *surprises) field(path string, name []byte, what string) {
	s.text = append(s.text[:0], path...)
	if path != "" {
		s.text = append(s.text, '.')
	}
	s.text = appendPlain(s.text, name)
	s.note(what)
}

// value notes a value of the column at path that the column does not hold.
func (s *surprises) value(path, what string) {
	s.text = append(s.text[:0], path...)
	s.note(what)
}

// envelope notes a key around the rows, which belongs to no row.
func (s *surprises) envelope(path string, name []byte) {
	s.text = append(append(s.text[:0], "envelope: "...), path...)
	s.text = appendPlain(s.text, name)
	s.note("")
}

func (s *surprises) note(what string) {
	if what != "" {
		s.text = append(append(append(s.text, " ("...), what...), ')')
	}
	if _, ok := s.found[string(s.text)]; !ok {
		s.found[string(s.text)] = true
	}
}

// take returns what was found, sorted, and forgets it.
func (s *surprises) take() []string {
	list := slices.Sorted(maps.Keys(s.found))
	clear(s.found)
	return list
}

// appendPlain writes a name so that it can not be taken for a path, and so
// that it does no harm on a terminal: quoted, unless it is a plain word.
func appendPlain(dst, name []byte) []byte {
	odd := func(r rune) bool {
		return (r < 'a' || 'z' < r) && (r < 'A' || 'Z' < r) && (r < '0' || '9' < r) && r != '_' && r != '$' && r != '-'
	}
	if len(name) == 0 || bytes.ContainsFunc(name, odd) {
		return strconv.AppendQuote(dst, string(name))
	}
	return append(dst, name...)
}
