package decode

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

var fetched = time.Date(2026, 3, 4, 8, 15, 30, 123456789, time.FixedZone("", 3600))

const pageEnd = `],"pagination":{"totalItems":1,"currentPage":1,"nextPage":null,"previousPage":null,"perPage":10,"totalPages":1}}`

// pageOf is a page of conversations with these rows.
func pageOf(rows ...string) []byte {
	return []byte(`{"data":[` + strings.Join(rows, ",") + pageEnd)
}

const teamSecret = "s3cr3t"

// bodyOf is a response of the table with these rows.
func bodyOf(table *schema.Table, rows ...string) []byte {
	all := "[" + strings.Join(rows, ",") + "]"
	switch table.Request.Envelope {
	case schema.EnvelopeArray:
		return []byte(all)
	case schema.EnvelopeTeam:
		return []byte(`{"_id":"tea_1","apiKey":"` + teamSecret + `","users":` + all + `,"userIds":[]}`)
	case schema.EnvelopePage:
	}
	return pageOf(rows...)
}

// sentRows are the rows of a response and the id of its team, by encoding/json.
func sentRows(table *schema.Table, body []byte) (rows []json.RawMessage, teamID string, err error) {
	if table.Request.Envelope == schema.EnvelopeArray {
		err = json.Unmarshal(body, &rows)
		return rows, "", err
	}
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, "", err
	}
	if table.Request.Envelope == schema.EnvelopePage {
		err = json.Unmarshal(envelope["data"], &rows)
		return rows, "", err
	}
	var ids []json.RawMessage
	for key, list := range map[string]any{"_id": &teamID, "users": &rows, "userIds": &ids} {
		if sent, ok := envelope[key]; ok {
			if err := json.Unmarshal(sent, list); err != nil {
				return nil, "", err
			}
		}
	}
	known := map[string]bool{}
	for _, row := range rows {
		var user map[string]json.RawMessage
		var id string
		if err := errors.Join(json.Unmarshal(row, &user), json.Unmarshal(user["userId"], &id)); err != nil {
			return nil, "", err
		}
		known[id] = true
	}
	for _, raw := range ids {
		var id string
		if err := json.Unmarshal(raw, &id); err != nil {
			return nil, "", err
		}
		if !known[id] {
			known[id] = true
			rows = append(rows, json.RawMessage(`{"userId":`+string(raw)+`}`))
		}
	}
	return rows, teamID, nil
}

// mustDecode decodes a page of conversations; the record lives as long as the test.
func mustDecode(t *testing.T, body []byte) Page {
	t.Helper()
	return mustDecodeOf(t, schema.InboxConversations(), body)
}

// mustDecodeOf decodes a response of a table.
func mustDecodeOf(t *testing.T, table *schema.Table, body []byte) Page {
	t.Helper()
	page, err := NewDecoder(table, memory.DefaultAllocator).Decode(body, fetched)
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
