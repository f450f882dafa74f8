package decode

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

var fetched = time.Date(2026, 3, 4, 8, 15, 30, 123456789, time.FixedZone("", 3600))

const pageEnd = `],"pagination":{"totalItems":1,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":10,"totalPages":1}}`

// pageOf is a body with these rows.
func pageOf(rows ...string) []byte {
	body := []byte(`{"data":[`)
	for i, row := range rows {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, row...)
	}
	return append(body, pageEnd...)
}

// mustDecode decodes a body that is a page; the record lives as long as the test.
func mustDecode(t *testing.T, body []byte) Page {
	t.Helper()
	page, err := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator).Decode(body, fetched)
	if err != nil {
		t.Fatalf("%v\nof %q", err, body)
	}
	t.Cleanup(page.Record.Release)
	return page
}

// rowOf returns a row's columns that are not null, by name.
func rowOf(rec arrow.Record, i int) map[string]any {
	row := map[string]any{}
	for c, field := range rec.Schema().Fields() {
		if value := cell(rec.Column(c), i); value != nil {
			row[field.Name] = value
		}
	}
	return row
}

// cell is one value: nil, string, bool, time.Time, []any or map[string]any.
func cell(column arrow.Array, i int) any {
	if column.IsNull(i) {
		return nil
	}
	switch column := column.(type) {
	case *array.String:
		return column.Value(i)
	case *array.Boolean:
		return column.Value(i)
	case *array.Timestamp:
		return column.Value(i).ToTime(arrow.Microsecond)
	case *array.List:
		start, end := column.ValueOffsets(i)
		list := []any{}
		for j := start; j < end; j++ {
			list = append(list, cell(column.ListValues(), int(j)))
		}
		return list
	case *array.Struct:
		group := map[string]any{}
		for f, field := range column.DataType().(*arrow.StructType).Fields() {
			group[field.Name] = cell(column.Field(f), i)
		}
		return group
	}
	panic("no such column: " + column.DataType().String())
}

// compact is a value as JSON with sorted names.
func compact(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
