package recordtest

import (
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// Large is one row whose texts, at the top, have so many bytes each, but the id.
func Large(table *schema.Table, size int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	text := strings.Repeat("x", size)
	for i, column := range table.Columns {
		if to, ok := builder.Field(i).(*array.StringBuilder); ok && !column.Required {
			to.Append(text)
			continue
		}
		AppendPlain(builder.Field(i), column, 1)
	}
	return builder.NewRecord()
}

// Alike are rows that all have an empty id, and nothing else: many of them take less
// than a byte each.
func Alike(table *schema.Table, rows int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for range rows {
		for i, column := range table.Columns {
			to, text := builder.Field(i).(*array.StringBuilder)
			if text && column.Required {
				to.Append("")
				continue
			}
			builder.Field(i).AppendNull()
		}
	}
	return builder.NewRecord()
}
