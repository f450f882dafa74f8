package recordtest

import (
	"fmt"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// Plain holds rows that look like the real ones, from first on: sorted, with random ids.
func Plain(table *schema.Table, first, rows int) arrow.Record {
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for row := first; row < first+rows; row++ {
		for i, column := range table.Columns {
			AppendPlain(builder.Field(i), column, row)
		}
	}
	return builder.NewRecord()
}

// AppendPlain appends a value of a row like those of Plain.
func AppendPlain(to array.Builder, column schema.Column, row int) {
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
			AppendPlain(to.ValueBuilder(), *column.Elem, row+i)
		}
	case *array.StructBuilder:
		to.Append(true)
		for i, field := range column.Fields {
			AppendPlain(to.FieldBuilder(i), field, row)
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

// Small has a column of every kind and few bytes of metadata, for tests
// that try every byte of a file.
func Small() *schema.Table {
	return &schema.Table{Name: "small", Version: 1, Columns: []schema.Column{
		{Name: "id", Type: schema.String, Role: schema.RoleKey, Values: schema.IDs, Required: true, ID: 1},
		{Name: "team_id", Type: schema.String, Values: schema.FewValues, ID: 2},
		{Name: "last_activity_at", Type: schema.Timestamp, Role: schema.RoleVersion, ID: 3},
		{Name: "full_name", Type: schema.String, Role: schema.RoleDisplayName, ID: 4},
		{Name: "channels", Type: schema.List, ID: 5, Elem: &schema.Column{Name: "element", Type: schema.String, Values: schema.FewValues, ID: 6}},
		{Name: "users", Type: schema.List, ID: 7, Elem: &schema.Column{Name: "element", Type: schema.Struct, ID: 8, Fields: []schema.Column{
			{Name: "user_id", Type: schema.String, Values: schema.FewValues, ID: 9},
			{Name: "read", Type: schema.Bool, ID: 10},
		}}},
		{Name: "extra", Type: schema.JSON, Role: schema.RoleExtra, ID: 11},
	}}
}
