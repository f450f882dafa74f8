package schema

// stranger is a key that the table does not model, of the objects of one
// column. They are few, and the same in many rows.
type stranger struct {
	name   string
	path   string // of the column
	member []byte // what `extra` has before the value; of keys of the row only
	object int    // the number of the object that had it last
	page   int    // the number of the page of which it was told last
}

// maxStrangers is how many a column remembers. Rows with others are not regular.
const maxStrangers = 32

// regularStranger keeps the value at text[i] of a key that the object with
// that number has. A second one of the same name is not regular.
func (r *rows) regularStranger(c *column, object int, name, text []byte, i int) (end int) {
	end, seen := scanValue(text, i, c.depth)
	s := c.stranger(name)
	if end < 0 || s == nil || s.object == object {
		return -1
	}
	s.object = object
	r.strangers = append(r.strangers, s)
	if c != r.row {
		r.extra.at(c)
		r.extra.enter(name)
		r.extra.keep(text[i:end])
		return end
	}
	if s.member == nil {
		r.extra.at(c)
		r.extra.enter(name)
		s.member = append(r.extra.appendName(nil), ':')
	}
	r.extra.separate()
	r.extra.object = append(r.extra.object, s.member...)
	r.extra.object = appendSeen(r.extra.object, text[i:end], seen)
	return end
}

// stranger finds or remembers a name; nil when there are too many.
func (c *column) stranger(name []byte) *stranger {
	for _, s := range c.strangers {
		if s.name == string(name) {
			return s
		}
	}
	if len(c.strangers) == maxStrangers {
		c.strangers = nil
		return nil
	}
	s := &stranger{name: string(name), path: c.Path}
	c.strangers = append(c.strangers, s)
	return s
}
