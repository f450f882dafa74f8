package decode

import "github.com/lemexport/lemexport/schema"

// stranger is a key that the table does not model, of the objects of one
// column. They are few, and the same in many rows.
type stranger struct {
	name   string
	path   string // of the column
	member []byte // what `extra` has before the value, the same in all rows for a key of the row
	object int    // the number of the object that had it last
	page   int    // the number of the page of which it was told last
}

// maxStrangers is how many a column remembers. Rows with others are not regular.
const maxStrangers = 32

// regularStranger keeps the value at text[i].
func (r *rows) regularStranger(c *column, s *stranger, text []byte, i int) (end int) {
	end, seen := scanValue(text, i, c.depth)
	if end < 0 {
		return -1
	}
	r.strangers = append(r.strangers, s)
	if s.member == nil || c != r.row {
		r.extra.at(c)
		r.extra.enter([]byte(s.name))
		s.member = append(r.extra.appendName(s.member[:0]), ':')
	}
	r.extra.separate()
	r.extra.object = append(r.extra.object, s.member...)
	r.extra.object = appendSeen(r.extra.object, text[i:end], seen)
	return end
}

// stranger returns the one of that name, nil where there is none yet.
func (c *column) stranger(name []byte) *stranger {
	for _, s := range c.strangers {
		if s.name == string(name) {
			return s
		}
	}
	return nil
}

// newStranger remembers a name; nil when there are too many, or it is long: what
// is remembered outlives the page.
func (c *column) newStranger(name []byte) *stranger {
	if len(name) > schema.LongestName {
		return nil
	}
	if len(c.strangers) == maxStrangers {
		c.strangers = nil
		return nil
	}
	s := &stranger{name: string(name), path: c.Path}
	c.strangers = append(c.strangers, s)
	return s
}
