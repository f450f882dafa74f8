package parquet

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// anyRecord draws a record of the table: nulls at every level, empty lists,
// structs of nulls, and values that strain an encoding.
func anyRecord(t *rapid.T, table *schema.Table, rows int) arrow.Record {
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

// plainRecord holds rows that look like the real ones, from first on: sorted, with random ids.
func plainRecord(table *schema.Table, first, rows int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := first; row < first+rows; row++ {
		for i, column := range table.Columns {
			appendPlain(builder.Field(i), column, row)
		}
	}
	return builder.NewRecord()
}

func appendPlain(to array.Builder, column schema.Column, row int) {
	newest := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	switch to := to.(type) {
	case *array.StringBuilder:
		switch column.Name {
		case "extra":
			to.AppendNull()
		case "team_id":
			to.Append("tea_A1b2C3d4E5f6G7h8I")
		case "last_replied_channel", "element", "type":
			to.Append([]string{"email", "linkedin", "phone"}[row%3])
		case "user_id":
			to.Append(fmt.Sprintf("usr_%017d", row%7))
		case "last_sent_subject", "last_sent_message_preview", "last_replied_subject", "last_replied_message_preview", "full_name", "email":
			if row%3 == 0 {
				to.AppendNull()
				return
			}
			to.Append(fmt.Sprintf("Hello %d, did you find the time to look at our offer?", row%1000))
		default:
			to.Append(randomID(column.Name[:2], uint64(row)*31+uint64(column.ID)))
		}
	case *array.BooleanBuilder:
		to.Append(row%2 == 0)
	case *array.TimestampBuilder:
		to.Append(arrow.Timestamp(newest - int64(row)*1_234_567 - int64(column.ID)*1000))
	case *array.ListBuilder:
		to.Append(true)
		for i := range row % 3 {
			appendPlain(to.ValueBuilder(), *column.Elem, row+i)
		}
	case *array.StructBuilder:
		to.Append(true)
		for i, field := range column.Fields {
			appendPlain(to.FieldBuilder(i), field, row)
		}
	}
}

// randomID is an id of 17 characters of 62, the same for the same seed (SplitMix64).
func randomID(prefix string, seed uint64) string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	id := append([]byte(prefix), '_')
	for range 17 {
		seed += 0x9e3779b97f4a7c15
		z := (seed ^ seed>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		id = append(id, letters[(z^z>>31)%62])
	}
	return string(id)
}

// fatal is what tests and properties share.
type fatal interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// encode writes records into a file with row groups of groupRows rows.
func encode(t fatal, table *schema.Table, groupRows int, compression string, records ...arrow.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	created, err := Format{Version: "1.2.3"}.Create(&out, table, exporter.Export{Parquet: exporter.ParquetOptions{Compression: compression}})
	if err != nil {
		t.Fatal(err)
	}
	if groupRows > 0 {
		created.(*sink).groupRows = groupRows
	}
	for _, rec := range records {
		if err := created.Write(background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := created.Finish([]byte(`{"run_id":"test"}`)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// decode reads every record of a file; the caller gives them back to the collector.
func decode(table *schema.Table, file []byte) ([]arrow.Record, error) {
	opened, err := Format{}.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, err
	}
	var records []arrow.Record
	for rec, err := range opened.Records(background(), table) {
		if err != nil {
			return records, err
		}
		rec.Retain()
		records = append(records, rec)
	}
	return records, nil
}

// join makes one record of many.
func join(t fatal, table *schema.Table, records []arrow.Record) arrow.Record {
	t.Helper()
	columns := make([]arrow.Array, len(table.Columns))
	var rows int64
	for i := range columns {
		parts := make([]arrow.Array, 0, len(records))
		rows = 0
		for _, rec := range records {
			parts = append(parts, rec.Column(i))
			rows += rec.NumRows()
		}
		if len(parts) == 0 {
			columns[i] = array.MakeArrayOfNull(memory.DefaultAllocator, table.Arrow().Field(i).Type, 0)
			continue
		}
		joined, err := array.Concatenate(parts, memory.DefaultAllocator)
		if err != nil {
			t.Fatal(err)
		}
		columns[i] = joined
	}
	return array.NewRecord(table.Arrow(), columns, rows)
}

// sameRows fails when two lists of records do not hold the same rows.
func sameRows(t fatal, table *schema.Table, got, want []arrow.Record) {
	t.Helper()
	a, b := join(t, table, got), join(t, table, want)
	if a.NumRows() != b.NumRows() {
		t.Fatalf("%d rows instead of %d", a.NumRows(), b.NumRows())
	}
	for i, column := range table.Columns {
		if !array.Equal(a.Column(i), b.Column(i)) {
			t.Fatalf("column %s is\n%.2000s\ninstead of\n%.2000s", column.Name, a.Column(i), b.Column(i))
		}
	}
}

// split cuts a record at the places given, sorted; the slices share its memory.
func split(rec arrow.Record, cuts []int) []arrow.Record {
	var parts []arrow.Record
	from := 0
	for _, to := range append(cuts, int(rec.NumRows())) {
		parts = append(parts, rec.NewSlice(int64(from), int64(to)))
		from = to
	}
	return parts
}

var _ fatal = (*testing.T)(nil)
var _ fatal = (*rapid.T)(nil)

// smallTable has a column of every kind and few bytes of metadata, for tests
// that try every byte of a file.
func smallTable() *schema.Table {
	return &schema.Table{Name: "small", Version: 1, Columns: []schema.Column{
		{Name: "id", Type: schema.String, Required: true, ID: 1},
		{Name: "team_id", Type: schema.String, ID: 2},
		{Name: "last_activity_at", Type: schema.Timestamp, ID: 3},
		{Name: "full_name", Type: schema.String, ID: 4},
		{Name: "channels", Type: schema.List, ID: 5, Elem: &schema.Column{Name: "element", Type: schema.String, ID: 6}},
		{Name: "users", Type: schema.List, ID: 7, Elem: &schema.Column{Name: "element", Type: schema.Struct, ID: 8, Fields: []schema.Column{
			{Name: "user_id", Type: schema.String, ID: 9},
			{Name: "read", Type: schema.Bool, ID: 10},
		}}},
		{Name: "extra", Type: schema.JSON, ID: 11},
	}}
}
