package decode

import "github.com/lemexport/lemexport/schema"

// unknownKey is a key in the objects of one column that the table does not model. Most
// responses have few, the same in many rows.
type unknownKey struct {
	name   string
	path   string // of the column
	member []byte // the name in `extra` and a colon, the same in all rows for a key of the row
	object int    // the number of the object that had it last
	page   int    // the number of the page that reported it last
}

// maxUnknownKeys is how many a column remembers. The slow path decodes rows with more.
const maxUnknownKeys = 32

// fastUnknownKey copies the value at text[i] into extra.
func (r *rows) fastUnknownKey(c *column, s *unknownKey, text []byte, i int) (end int) {
	end, seen := scanValue(text, i, c.depth)
	if end < 0 {
		return -1
	}
	r.unknownKeys = append(r.unknownKeys, s)
	if s.member == nil || c != r.row {
		r.extra.moveTo(c)
		r.extra.enter([]byte(s.name))
		s.member = append(r.extra.appendName(s.member[:0]), ':')
	}
	r.extra.separate()
	r.extra.object = append(r.extra.object, s.member...)
	r.extra.object = appendSeen(r.extra.object, text[i:end], seen)
	return end
}

// unknownKey returns the remembered key of that name, or nil.
func (c *column) unknownKey(name []byte) *unknownKey {
	for _, s := range c.unknownKeys {
		if s.name == string(name) {
			return s
		}
	}
	return nil
}

// addUnknownKey remembers a name beyond the page. It returns nil when there are too
// many, or when the name is long.
func (c *column) addUnknownKey(name []byte) *unknownKey {
	if len(name) > schema.LongestName {
		return nil
	}
	if len(c.unknownKeys) == maxUnknownKeys {
		c.unknownKeys = nil
		return nil
	}
	s := &unknownKey{name: string(name), path: c.Path}
	c.unknownKeys = append(c.unknownKeys, s)
	return s
}
