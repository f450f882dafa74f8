package decode

import (
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// object reads the JSON objects of one place in the row, one at a time: the row itself,
// a struct, or the elements of a list.
type object struct {
	columns []schema.Column
	byKey   map[string]int
	name    []byte

	// Of the object read last:
	members []member
	known   []int          // by field, the index into members or -1
	unknown map[string]int // by name, the index into members
}

// member is one name of an object, with all of its values.
type member struct {
	name string
	// field is -1 where the table has no such key.
	field   int
	value   []byte   // the last one
	earlier [][]byte // the others
}

func newObject(columns []schema.Column) *object {
	o := &object{columns: columns, byKey: map[string]int{}, known: make([]int, len(columns)), unknown: map[string]int{}}
	for i, column := range columns {
		if column.Key != "" {
			o.byKey[column.Key] = i
		}
	}
	return o
}

// read sorts the members of a valid object, in order of first appearance.
// Names are equal when their text is, however it was escaped.
func (o *object) read(text []byte) {
	o.members = o.members[:0]
	for i := range o.known {
		o.known[i] = -1
	}
	clear(o.unknown)
	for name, value := range members(text) {
		o.add(name, value)
	}
}

func (o *object) add(quoted, value []byte) {
	o.name, _ = jsontext.AppendUnquote(o.name[:0], quoted) // U+FFFD for invalid Unicode
	if i, ok := o.byKey[string(o.name)]; ok {
		if o.known[i] >= 0 {
			o.members[o.known[i]].addDuplicate(value)
			return
		}
		o.known[i] = len(o.members)
		o.members = append(o.members, member{name: o.columns[i].Key, field: i, value: value})
		return
	}
	if i, ok := o.unknown[string(o.name)]; ok {
		o.members[i].addDuplicate(value)
		return
	}
	name := string(o.name)
	o.unknown[name] = len(o.members)
	o.members = append(o.members, member{name: name, field: -1, value: value})
}

func (m *member) addDuplicate(value []byte) {
	m.earlier = append(m.earlier, m.value)
	m.value = value
}

// value returns the value of a field, nil where there is none.
func (o *object) value(field int) []byte {
	if o.known[field] < 0 {
		return nil
	}
	return o.members[o.known[field]].value
}

// members yields the names, in quotes, and the values of a valid object.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		i, more := scanItem(object, 1, true, '}')
		for more {
			end, start, _ := scanName(object, i)
			name := object[i:end]
			i, _ = scanValue(object, start, 0)
			if !yield(name, object[start:i]) {
				return
			}
			i, more = scanItem(object, i, false, '}')
		}
	}
}

// elements yields the elements of a valid array.
func elements(array []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		i, more := scanItem(array, 1, true, ']')
		for more {
			start := i
			i, _ = scanValue(array, start, 0)
			if !yield(array[start:i]) {
				return
			}
			i, more = scanItem(array, i, false, ']')
		}
	}
}
