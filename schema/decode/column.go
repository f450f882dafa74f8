package decode

import (
	"math"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// column buffers the values of one Column, and reuses its memory from record to record.
// valid has an entry for each value; the other slices depend on the type. A column
// never grows beyond the int32 offsets in starts: see maxBuffered.
type column struct {
	schema.Column
	dataType arrow.DataType
	depth    int     // how many brackets are open inside of a value
	parent   *column // of a field the struct, of an element the list
	elem     *column // List
	follower *column // the field that came after this one last time
	prefix   string  // `"key":`

	// Of a Struct:
	fields      []*column
	first       *column // the field that came first last time
	keyed       int     // how many fields have a Key
	unknownKeys []*unknownKey
	object      *object

	valid  []byte  // 1 or, for null, 0
	starts []int32 // String, JSON: into text; List: into elem
	text   []byte
	micros []int64
	bools  []byte // 1 or 0
}

// newRowColumn returns the columns of a table as the fields of one struct, the row.
func newRowColumn(table *schema.Table) *column {
	row := schema.Column{Type: schema.Struct, Required: true, Fields: table.Columns}
	depth := 2 // {"data": [
	if table.Request.Envelope == schema.EnvelopeArray {
		depth = 1
	}
	return newColumn(row, &column{depth: depth}, arrow.StructOf(table.Arrow().Fields()...))
}

func newColumn(described schema.Column, parent *column, dataType arrow.DataType) *column {
	c := &column{Column: described, dataType: dataType, parent: parent, depth: parent.depth + 1, prefix: `"` + described.Key + `":`}
	switch dataType := dataType.(type) {
	case *arrow.ListType:
		c.elem = newColumn(*described.Elem, c, dataType.Elem())
	case *arrow.StructType:
		next := &c.first
		for i, field := range dataType.Fields() {
			f := newColumn(described.Fields[i], c, field.Type)
			c.fields = append(c.fields, f)
			if f.Key != "" {
				*next, next = f, &f.follower
				c.keyed++
			}
		}
		c.object = newObject(described.Fields)
	}
	return c
}

// field returns the field with that key of the API, nil where there is none.
func (c *column) field(key []byte) *column {
	for _, f := range c.fields {
		if f.Key == string(key) && f.Key != "" {
			return f
		}
	}
	return nil
}

// member returns the field, or else the unknown key, of the member at text[i]; neither
// when its name has escapes or is not Unicode.
func (c *column) member(text []byte, i int) (f *column, s *unknownKey, value int) {
	end, value, seen := scanName(text, i)
	if end < 0 || seen&(escaped|invalidUTF8) != 0 {
		return nil, nil, -1
	}
	name := text[i+1 : end-1]
	if s = c.unknownKey(name); s != nil {
		return nil, s, value
	}
	if f = c.field(name); f != nil {
		return f, nil, value
	}
	return nil, c.addUnknownKey(name), value
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

func (c *column) len() int { return len(c.valid) }

// open appends a value that is not null; the caller appends its content.
func (c *column) open() { c.valid = append(c.valid, 1) }

func (c *column) openText() {
	c.open()
	c.starts = append(c.starts, int32(len(c.text)))
}

func (c *column) openList() {
	c.open()
	c.starts = append(c.starts, int32(c.elem.len()))
}

// textAt is the text of a value of a String, valid until the next one is appended.
func (c *column) textAt(i int) []byte {
	if i+1 < len(c.starts) {
		return c.text[c.starts[i]:c.starts[i+1]]
	}
	return c.text[c.starts[i]:]
}

func (c *column) appendMicros(micros int64) {
	c.open()
	c.micros = append(c.micros, micros)
}

func (c *column) appendBool(is bool) {
	c.open()
	bit := byte(0)
	if is {
		bit = 1
	}
	c.bools = append(c.bools, bit)
}

func (c *column) null() {
	c.valid = append(c.valid, 0)
	switch c.Type {
	case schema.String, schema.JSON:
		c.starts = append(c.starts, int32(len(c.text)))
	case schema.List:
		c.starts = append(c.starts, int32(c.elem.len()))
	case schema.Bool:
		c.bools = append(c.bools, 0)
	case schema.Timestamp:
		c.micros = append(c.micros, 0)
	case schema.Struct:
		for _, f := range c.fields {
			f.null()
		}
	}
}

// absent appends the value for a key that is absent or null.
func (c *column) absent() {
	if c.AbsentFalse {
		c.appendBool(false)
		return
	}
	c.null()
}

// cut drops every value from the nth on, finished or not.
func (c *column) cut(n int) {
	for _, f := range c.fields {
		f.cut(n)
	}
	if n >= len(c.valid) {
		return
	}
	c.valid = c.valid[:n]
	switch c.Type {
	case schema.String, schema.JSON:
		c.text = c.text[:c.starts[n]]
		c.starts = c.starts[:n]
	case schema.List:
		c.elem.cut(int(c.starts[n]))
		c.starts = c.starts[:n]
	case schema.Bool:
		c.bools = c.bools[:n]
	case schema.Timestamp:
		c.micros = c.micros[:n]
	case schema.Struct:
	}
}

// reset drops all values, and releases memory beyond the needs of a page.
func (c *column) reset() {
	c.cut(0)
	if cap(c.text) > maxKept {
		c.text = nil
	}
	if cap(c.valid) > maxKept/8 {
		c.valid, c.starts, c.micros, c.bools = nil, nil, nil, nil
	}
	for _, f := range c.fields {
		f.reset()
	}
	if c.elem != nil {
		c.elem.reset()
	}
}

const (
	// maxKept is the most memory for text, in bytes, that a column keeps for reuse.
	maxKept = 16 << 20
	// maxBuffered bounds a record, so that with one more page no column passes 2 GiB.
	maxBuffered = math.MaxInt32 / 2
)
