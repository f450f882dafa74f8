package decode

import (
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// surprises collects Page.UnknownFields. It remembers the names of earlier
// pages, since they mostly come again.
type surprises struct {
	known map[string]*surprise
	page  int // counts them, from 1
	found []string
	more  bool // found has no room
	text  []byte
}

type surprise struct {
	text string
	page int // where it was found last
}

// maxSurprises is how many names are remembered from page to page.
const maxSurprises = 1000

// field notes a key that the table does not have, inside the object at path.
func (s *surprises) field(path string, name []byte, what string) {
	s.text = append(s.text[:0], path...)
	if path != "" {
		s.text = append(s.text, '.')
	}
	s.name(name)
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
	s.name(name)
	s.note("")
}

// name writes a name; of a long one it needs no more than the beginning.
func (s *surprises) name(name []byte) {
	s.text = append(s.text, schema.QuoteName(string(name[:min(len(name), 2*schema.LongestName)]))...)
}

func (s *surprises) note(what string) {
	if what != "" {
		s.text = append(append(append(s.text, " ("...), what...), ')')
	}
	known := s.known[string(s.text)]
	switch {
	case known != nil && known.page == s.page:
		return
	case len(s.found) == schema.MostNames:
		s.more = true
		return
	case known == nil:
		known = &surprise{text: string(s.text)}
		s.known[known.text] = known
	}
	known.page = s.page
	s.found = append(s.found, known.text)
}

// take returns what was found, sorted, and goes on to another page.
func (s *surprises) take() []string {
	slices.Sort(s.found)
	list := append([]string(nil), s.found...)
	if s.more {
		list = append(list, schema.MoreNames)
	}
	s.found, s.more = s.found[:0], false
	s.page++
	if len(s.known) > maxSurprises {
		clear(s.known)
	}
	return list
}
