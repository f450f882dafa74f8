package recordtest

import (
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

// Any draws a record of the table: nulls at every level, empty lists,
// structs of nulls, and values that strain an encoding.
func Any(t *rapid.T, table *schema.Table, rows int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for range rows {
		for i, column := range table.Columns {
			appendAny(t, builder.Field(i), column)
		}
	}
	return builder.NewRecord()
}

func appendAny(t *rapid.T, to array.Builder, column schema.Column) {
	if !column.Required && rapid.IntRange(0, 3).Draw(t, column.Name+" is null") == 0 {
		to.AppendNull()
		return
	}
	switch to := to.(type) {
	case *array.StringBuilder:
		to.Append(anyText().Draw(t, column.Name))
	case *array.BooleanBuilder:
		to.Append(rapid.Bool().Draw(t, column.Name))
	case *array.TimestampBuilder:
		to.Append(arrow.Timestamp(anyTime().Draw(t, column.Name)))
	case *array.ListBuilder:
		to.Append(true)
		for range rapid.SampledFrom([]int{0, 0, 1, 2, 5}).Draw(t, column.Name+" length") {
			appendAny(t, to.ValueBuilder(), *column.Elem)
		}
	case *array.StructBuilder:
		to.Append(true)
		for i, field := range column.Fields {
			appendAny(t, to.FieldBuilder(i), field)
		}
	}
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "email", "usr_A1b2C3d4", "ibx_zzz", "🦄 emoji 👩‍👩‍👧", "שלום עליכם", "nul\x00byte", "\U0010ffff", strings.Repeat("preview ", 30)}),
		rapid.StringN(0, 8, -1),
		rapid.Custom(func(t *rapid.T) string {
			if rapid.IntRange(0, 299).Draw(t, "large") == 0 {
				return strings.Repeat("0123456789abcdef", 1<<13) // as much as goes to a column at once
			}
			return fmt.Sprintf("id_%08x", rapid.Uint32().Draw(t, "id"))
		}),
	)
}

func anyTime() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0, -1, 1_700_000_000_000_000}),
		rapid.Int64(),
	)
}
