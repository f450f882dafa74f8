package exporter

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// appendRow copies one row of a record to a builder of the same schema.
func appendRow(to *array.RecordBuilder, from arrow.Record, row int) {
	for i := range int(from.NumCols()) {
		copyValue(to.Field(i), from.Column(i), row)
	}
}

// copyValue copies one value of any type that a table can have.
func copyValue(to array.Builder, from arrow.Array, row int) {
	if from.IsNull(row) {
		to.AppendNull()
		return
	}
	switch to := to.(type) {
	case *array.StringBuilder:
		to.Append(from.(*array.String).Value(row))
	case *array.BooleanBuilder:
		to.Append(from.(*array.Boolean).Value(row))
	case *array.TimestampBuilder:
		to.Append(from.(*array.Timestamp).Value(row))
	case *array.ListBuilder:
		list := from.(*array.List)
		start, end := list.ValueOffsets(row)
		to.Append(true)
		for i := start; i < end; i++ {
			copyValue(to.ValueBuilder(), list.ListValues(), int(i))
		}
	case *array.StructBuilder:
		group := from.(*array.Struct)
		to.Append(true)
		for i := range group.NumField() {
			copyValue(to.FieldBuilder(i), group.Field(i), row)
		}
	default:
		panic("exporter: cannot copy a " + from.DataType().String())
	}
}
