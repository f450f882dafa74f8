package main

import (
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// columns are the columns of an Arrow schema in DuckDB's words.
func columns(schema *arrow.Schema) string {
	var list []string
	for _, field := range schema.Fields() {
		column := fmt.Sprintf("%q %s", field.Name, typeOf(field.Type))
		if !field.Nullable {
			column += " NOT NULL"
		}
		list = append(list, column)
	}
	return strings.Join(list, ", ")
}

func typeOf(kind arrow.DataType) string {
	switch kind := kind.(type) {
	case *arrow.BooleanType:
		return "BOOLEAN"
	case *arrow.TimestampType:
		return "TIMESTAMPTZ"
	case *arrow.ListType:
		return typeOf(kind.Elem()) + "[]"
	case *arrow.StructType:
		var fields []string
		for _, field := range kind.Fields() {
			fields = append(fields, fmt.Sprintf("%q %s", field.Name, typeOf(field.Type)))
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	return "VARCHAR"
}

// value is one cell as DuckDB's appender wants it; nil is NULL.
func value(column arrow.Array, row int) any {
	if column.IsNull(row) {
		return nil
	}
	switch column := column.(type) {
	case *array.String:
		return column.Value(row)
	case *array.Boolean:
		return column.Value(row)
	case *array.Timestamp:
		return column.Value(row).ToTime(arrow.Microsecond)
	case *array.List:
		start, end := column.ValueOffsets(row)
		list := make([]any, 0, end-start)
		for i := start; i < end; i++ {
			list = append(list, value(column.ListValues(), int(i)))
		}
		return list
	case *array.Struct:
		fields := make(map[string]any, column.NumField())
		for i, field := range column.DataType().(*arrow.StructType).Fields() {
			fields[field.Name] = value(column.Field(i), row)
		}
		return fields
	}
	return column.ValueStr(row)
}
