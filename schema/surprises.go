package schema

import (
	"bytes"
	"slices"
	"strconv"
)

// surprises collects Page.UnknownFields. It remembers the names of earlier
// pages, since they mostly come again.
type surprises struct {
	known map[string]*surprise
	page  int // counts them, from 1
	found []string
	text  []byte
}

type surprise struct {
	text string
	page int // where it was found last
}

// maxSurprises is how many names are remembered.
const maxSurprises = 1000

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
	known := s.known[string(s.text)]
	if known == nil {
		known = &surprise{text: string(s.text)}
		s.known[known.text] = known
	}
	if known.page != s.page {
		known.page = s.page
		s.found = append(s.found, known.text)
	}
}

// take returns what was found, sorted, and goes on to another page.
func (s *surprises) take() []string {
	slices.Sort(s.found)
	list := append([]string(nil), s.found...)
	s.found = s.found[:0]
	s.page++
	if len(s.known) > maxSurprises {
		clear(s.known)
	}
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
