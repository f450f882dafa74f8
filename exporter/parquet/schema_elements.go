package parquet

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// elements is the schema as the footer holds it: every node before what is below
// it, in the table's order. The name of the first is the table's.
func (l *layout) elements() []format.SchemaElement {
	elements := []format.SchemaElement{{Name: l.table.Name, NumChildren: thrift.New(int32(len(l.columns)))}}
	for _, column := range l.columns {
		elements = column.appendElements(elements, l.form)
	}
	return elements
}

func (b *branch) appendElements(to []format.SchemaElement, form form) []format.SchemaElement {
	element := format.SchemaElement{Name: b.column.Name, RepetitionType: thrift.New(format.Optional)}
	if form.ids {
		element.FieldID = int32(b.column.ID)
	}
	if b.column.Required {
		element.RepetitionType.Set(format.Required)
	}
	kind := b.kind(form)
	if physical := kind.PhysicalType(); physical != nil {
		element.Type.Set(*physical)
	}
	if logical := kind.LogicalType(); logical != nil {
		element.LogicalType = *logical
	}
	if converted := kind.ConvertedType(); converted != nil {
		element.ConvertedType.Set(*converted)
	}
	if len(b.parts) > 0 {
		element.NumChildren.Set(int32(len(b.parts)))
	}
	to = append(to, element)
	if b.column.Type == schema.List {
		to = append(to, format.SchemaElement{Name: listGroup, RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(int32(1))})
	}
	for _, part := range b.parts {
		to = part.appendElements(to, form)
	}
	return to
}

// kind is the library's name for the type.
func (b *branch) kind(form form) parquet.Type {
	switch b.column.Type {
	case schema.JSON:
		if form.json {
			return parquet.JSON().Type()
		}
		return parquet.String().Type()
	case schema.String:
		return parquet.String().Type()
	case schema.Bool:
		return parquet.BooleanType
	case schema.Timestamp:
		return parquet.Timestamp(parquet.Microsecond).Type()
	case schema.List:
		return parquet.List(parquet.Group{}).Type()
	case schema.Struct:
	}
	return parquet.Group{}.Type()
}

// columnOrders says that bounds are in the order of the column's type.
func (l *layout) columnOrders() []format.ColumnOrder {
	orders := make([]format.ColumnOrder, len(l.leaves))
	for i := range orders {
		orders[i].Value = &format.TypeDefinedOrder{}
	}
	return orders
}

// root is the schema as a reader sees it: that of a file of the table without rows.
func (l *layout) root() (parquet.Node, error) {
	opened, err := openSchema(l.elements())
	if err != nil {
		return nil, err
	}
	return opened.Root(), nil
}
