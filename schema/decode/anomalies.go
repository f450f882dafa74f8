package decode

import (
	"slices"

	"github.com/lemexport/lemexport/schema"
)

// anomalies collects Page.UnknownFields. It remembers the names of earlier pages, which
// mostly recur.
type anomalies struct {
	known map[string]*anomaly
	page  int // counts them, from 1
	found []string
	more  bool // names were left out of found
	text  []byte
}

type anomaly struct {
	text string
	page int // where it was found last
}

// maxRemembered is how many names are remembered from page to page.
const maxRemembered = 1000

// field notes a key that the table does not have, inside the object at path.
func (s *anomalies) field(path string, name []byte, what string) {
	s.text = append(s.text[:0], path...)
	if path != "" {
		s.text = append(s.text, '.')
	}
	s.name(name)
	s.note(what)
}

// value notes that the column at path does not hold a value in full.
func (s *anomalies) value(path, what string) {
	s.text = append(s.text[:0], path...)
	s.note(what)
}

// envelope notes a key around the rows.
func (s *anomalies) envelope(path string, name []byte) {
	s.text = append(append(s.text[:0], "envelope: "...), path...)
	s.name(name)
	s.note("")
}

// name appends a name, of a long one only the beginning.
func (s *anomalies) name(name []byte) {
	s.text = append(s.text, schema.QuoteName(string(name[:min(len(name), 2*schema.LongestName)]))...)
}

func (s *anomalies) note(what string) {
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
		known = &anomaly{text: string(s.text)}
		s.known[known.text] = known
	}
	known.page = s.page
	s.found = append(s.found, known.text)
}

// take returns the names found, sorted, and starts another page.
func (s *anomalies) take() []string {
	slices.Sort(s.found)
	list := append([]string(nil), s.found...)
	if s.more {
		list = append(list, schema.MoreNames)
	}
	s.found, s.more = s.found[:0], false
	s.page++
	if len(s.known) > maxRemembered {
		clear(s.known)
	}
	return list
}
