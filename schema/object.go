package schema

import (
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/go-json-experiment/json/jsontext"
)

// object reads the JSON objects of one place in the row, one at a time: of the
// row itself, of a struct, of the elements of a list.
type object struct {
	path   string
	fields []field
	byKey  map[string]int
	reader *reader

	// Of the object read last:
	members []member
	known   []int          // by field, the index into members or -1
	unknown map[string]int // by name, the index into members
	name    []byte
}

// field is one column with the builder of its values.
type field struct {
	column  *Column
	builder array.Builder
	// object is set for a Struct, elem and reader for a List.
	object *object
	elem   *field
	reader *reader
}

// member is one name of an object, with every value that came under it.
type member struct {
	name string
	// field is -1 where the table has no such key.
	field   int
	value   []byte   // the last one
	earlier [][]byte // the others
}

func newObject(path string, columns []Column, builder func(int) array.Builder) *object {
	o := &object{
		path:    path,
		fields:  make([]field, len(columns)),
		byKey:   make(map[string]int, len(columns)),
		reader:  newReader(),
		known:   make([]int, len(columns)),
		unknown: map[string]int{},
	}
	for i := range columns {
		o.fields[i] = newField(&columns[i], builder(i))
		if key := columns[i].Key; key != "" {
			o.byKey[key] = i
		}
	}
	return o
}

func newField(column *Column, builder array.Builder) field {
	f := field{column: column, builder: builder}
	switch builder := builder.(type) {
	case *array.StructBuilder:
		f.object = newObject(column.Path, column.Fields, builder.FieldBuilder)
	case *array.ListBuilder:
		elem := newField(column.Elem, builder.ValueBuilder())
		f.elem, f.reader = &elem, newReader()
	}
	return f
}

// read sorts the members of an object, in order of first appearance. Names are
// equal when their text is, however it was escaped.
func (o *object) read(text []byte) error {
	o.members = o.members[:0]
	for i := range o.known {
		o.known[i] = -1
	}
	clear(o.unknown)
	o.reader.reset(text)
	if err := o.reader.bracket(); err != nil {
		return err
	}
	for o.reader.more() {
		name, err := o.reader.next()
		if err != nil {
			return err
		}
		value, err := o.reader.next()
		if err != nil {
			return err
		}
		o.add(name, value)
	}
	return o.reader.bracket()
}

func (o *object) add(quoted, value []byte) {
	o.name, _ = jsontext.AppendUnquote(o.name[:0], quoted) // U+FFFD for what is no Unicode
	if i, ok := o.byKey[string(o.name)]; ok {
		if o.known[i] >= 0 {
			o.members[o.known[i]].again(value)
			return
		}
		o.known[i] = len(o.members)
		o.members = append(o.members, member{name: o.fields[i].column.Key, field: i, value: value})
		return
	}
	if i, ok := o.unknown[string(o.name)]; ok {
		o.members[i].again(value)
		return
	}
	name := string(o.name)
	o.unknown[name] = len(o.members)
	o.members = append(o.members, member{name: name, field: -1, value: value})
}

func (m *member) again(value []byte) {
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
