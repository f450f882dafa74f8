package decode

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// The fast path decodes the text of a regular row straight into the columns, in one
// pass. It only detects irregular rows: a value that does not fit its column, a
// duplicate key, text that is not Unicode. The slow path, rows.appendSlow, decodes
// them again from the start, so the rules for them are in one place.

// fastRows is rows with the fast path.
type fastRows struct {
	rows
	unknownKeys []*unknownKey // of the row
	objects     int           // counts the objects that fastStruct reads
}

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

// appendList appends the rows of the list that starts at text[i]: fast where it can be.
// Errors give it the name.
func (r *fastRows) appendList(text []byte, i int, name string, from origin) (end int, broken *PageError) {
	if peek(text, i) != '[' {
		return -1, instead(text, i, name, "an array")
	}
	i, more := scanItem(text, i+1, true, ']')
	for n := 0; more; n++ {
		end := r.appendFast(text, i, from)
		if end < 0 {
			if end, _ = scanValue(text, i, r.row.depth-1); end < 0 {
				return -1, malformed(text)
			}
			if text[i] != '{' {
				return -1, brokenAt(end, "%s[%d] is not an object but of type %s", name, n, kindName(text[i]))
			}
			if reason := r.appendSlow(text[i:end], from); reason != "" {
				return -1, brokenAt(end, "%s[%d] %s", name, n, reason)
			}
		}
		i, more = scanItem(text, end, false, ']')
	}
	return i, nil
}

// appendFast appends the row that starts at text[i] and returns where it ends. It
// returns -1 for an irregular row, and leaves the columns as they were.
func (r *fastRows) appendFast(text []byte, i int, from origin) (end int) {
	n := r.row.len()
	r.extra.reset()
	r.unknownKeys = r.unknownKeys[:0]
	if end = r.fastValue(r.row, text, i); end < 0 {
		r.row.cut(n)
		return -1
	}
	for _, s := range r.unknownKeys {
		if s.page != r.anomalies.page {
			s.page = r.anomalies.page
			r.anomalies.field(s.path, []byte(s.name), "")
		}
	}
	r.derive(from)
	return end
}

// fastValue appends a value to its column.
func (r *fastRows) fastValue(c *column, text []byte, i int) (end int) {
	switch first := peek(text, i); {
	case first == '"' && c.Type == schema.String:
		return r.fastString(c, text, i)
	case first == '"' && c.Type == schema.Timestamp:
		return r.fastTimestamp(c, text, i)
	case first == 't' && c.Type == schema.Bool:
		c.appendBool(true)
		return scanWord(text, i, "true")
	case first == 'f' && c.Type == schema.Bool:
		c.appendBool(false)
		return scanWord(text, i, "false")
	case first == '{' && c.Type == schema.Struct:
		return r.fastStruct(c, text, i)
	case first == '[' && c.Type == schema.List:
		return r.fastList(c, text, i)
	case first == 'n' && !c.Required:
		c.absent()
		return scanWord(text, i, "null")
	}
	return -1
}

func (r *fastRows) fastString(c *column, text []byte, i int) (end int) {
	end, seen := scanString(text, i)
	if end < 0 || seen&invalidUTF8 != 0 || c.Required && (end == i+len(`""`) || end-i > longestKey) {
		return -1
	}
	c.openText()
	if seen&escaped == 0 {
		c.text = append(c.text, text[i+1:end-1]...)
		return end
	}
	var err error
	if c.text, err = jsontext.AppendUnquote(c.text, text[i:end]); err != nil {
		return -1 // half a surrogate pair
	}
	return end
}

func (r *fastRows) fastTimestamp(c *column, text []byte, i int) (end int) {
	end, _ = scanString(text, i)
	if end < 0 {
		return -1
	}
	micros, lost := parseTimestamp(text[i+1 : end-1]) // escaped, it would not be one
	if lost != "" {
		return -1
	}
	c.appendMicros(micros)
	return end
}

func (r *fastRows) fastList(c *column, text []byte, i int) (end int) {
	c.openList()
	i, more := scanItem(text, i+1, true, ']')
	for more {
		i = r.fastValue(c.elem, text, i)
		i, more = scanItem(text, i, false, ']')
	}
	return i
}

func (r *fastRows) fastStruct(c *column, text []byte, i int) (end int) {
	n, filled := c.len(), 0
	c.open()
	r.objects++
	object := r.objects
	expected := &c.first
	i, more := scanItem(text, i+1, true, '}')
	for more {
		// Mostly the keys have the same order as in the object before.
		f := *expected
		var s *unknownKey
		var value int
		if f != nil && i+len(f.prefix) <= len(text) && string(text[i:i+len(f.prefix)]) == f.prefix {
			value = scanSpace(text, i+len(f.prefix))
		} else if f, s, value = c.member(text, i); f != nil {
			*expected = f
		}
		switch {
		case f != nil && f.len() == n:
			i = r.fastValue(f, text, value)
			expected = &f.follower
			filled++
		case s != nil && s.object != object:
			s.object = object
			i = r.fastUnknownKey(c, s, text, value)
		default: // a name with escapes, or a duplicate
			return -1
		}
		if peek(text, i) == ',' && peek(text, i+1) == '"' {
			i++
			continue
		}
		i, more = scanItem(text, i, false, '}')
	}
	if filled == c.keyed {
		return i
	}
	for _, f := range c.fields {
		if f.len() == n && f.Key != "" {
			if f.Required {
				return -1
			}
			f.absent()
		}
	}
	return i
}

// fastUnknownKey copies the value at text[i] into extra.
func (r *fastRows) fastUnknownKey(c *column, s *unknownKey, text []byte, i int) (end int) {
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
