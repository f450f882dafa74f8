package parquet

import (
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// node is a parquet.Field that keeps its fields in the table's order:
// parquet.Group sorts them by name.
type node struct {
	// Node says what it is: a group, a LIST, or a leaf of some type.
	parquet.Node
	name       string
	id         int
	repetition format.FieldRepetitionType
	storage    storage
	fields     []parquet.Field
}

// schema is the file's schema. Its name is the table's.
func (l *layout) schema() *parquet.Schema {
	root := &node{Node: parquet.Group{}, repetition: format.Required}
	for _, column := range l.columns {
		root.fields = append(root.fields, column.node())
	}
	return parquet.NewSchema(l.table.Name, root)
}

func (b *branch) node() *node {
	n := &node{name: b.column.Name, id: b.column.ID, repetition: format.Optional, storage: b.storage}
	if b.column.Required {
		n.repetition = format.Required
	}
	for _, part := range b.parts {
		n.fields = append(n.fields, part.node())
	}
	switch b.column.Type {
	case schema.String:
		n.Node = parquet.String()
	case schema.JSON:
		n.Node = parquet.JSON()
	case schema.Bool:
		n.Node = parquet.Leaf(parquet.BooleanType)
	case schema.Timestamp:
		n.Node = parquet.Timestamp(parquet.Microsecond)
	case schema.Struct:
		n.Node = parquet.Group{}
	case schema.List:
		n.Node = parquet.List(parquet.Group{})
		n.fields = []parquet.Field{&node{Node: parquet.Group{}, name: listGroup, repetition: format.Repeated, fields: n.fields}}
	}
	return n
}

// Name returns the name in the parent.
func (n *node) Name() string { return n.name }

// ID returns the field id; 0 is none.
func (n *node) ID() int { return n.id }

// Type returns the type. Columns without bounds get one that says so correctly.
func (n *node) Type() parquet.Type {
	if n.Leaf() && !n.storage.bounds {
		return unboundedType{n.Node.Type()}
	}
	return n.Node.Type()
}

// Optional reports whether the value can be null.
func (n *node) Optional() bool { return n.repetition == format.Optional }

// Repeated reports whether it is the group inside a list.
func (n *node) Repeated() bool { return n.repetition == format.Repeated }

// Required reports whether the value is never null.
func (n *node) Required() bool { return n.repetition == format.Required }

// Fields returns the fields in order.
func (n *node) Fields() []parquet.Field { return n.fields }

// Encoding returns the encoding of a leaf, nil for groups.
func (n *node) Encoding() encoding.Encoding { return n.storage.encoding }

// Value returns the field's value from a row that is a map, as parquet.Group does.
func (n *node) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(n.name))
}
