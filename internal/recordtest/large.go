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
