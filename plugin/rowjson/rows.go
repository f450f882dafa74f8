package rowjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/lemexport/lemexport/schema"
)

// timeForm is RFC 3339 with all microseconds, in UTC.
const timeForm = "2006-01-02T15:04:05.000000Z"

// Rows writes the rows of one record. Every column is a member, null ones included, in
// the order of the table.
type Rows struct{ object appender }

// appender appends the JSON of one value.
type appender func(dst []byte, row int) []byte

// Of binds the columns of a table to a record, which has them in the same order. Rows is
// valid as long as the record is.
func Of(table *schema.Table, rec arrow.Record) (Rows, error) {
	object, err := objectOf(table.Columns, rec.Columns())
	if err != nil {
		return Rows{}, fmt.Errorf("rows of %s as JSON: %w", table.Name, err)
	}
	return Rows{object}, nil
}

// Append appends a row, one JSON object without line breaks.
func (r Rows) Append(dst []byte, row int) []byte { return r.object(dst, row) }

func objectOf(columns []schema.Column, values []arrow.Array) (appender, error) {
	if len(columns) != len(values) {
		return nil, fmt.Errorf("%d columns, want %d", len(values), len(columns))
	}
	type member struct {
		name  string // with what stands around it
		value appender
	}
	members := make([]member, len(columns))
	for i, column := range columns {
		value, err := ValueOf(column, values[i])
		if err != nil {
			return nil, err
		}
		separator := ","
		if i == 0 {
			separator = "{"
		}
		members[i] = member{separator + strconv.Quote(column.Name) + ":", value}
	}
	return func(dst []byte, row int) []byte {
		for _, one := range members {
			dst = append(dst, one.name...)
			dst = one.value(dst, row)
		}
		return append(dst, '}')
	}, nil
}

// ValueOf binds a column to an array. What it returns appends the JSON of the value in a
// row, null where the array has none, and is valid as long as the array is.
func ValueOf(column schema.Column, values arrow.Array) (func(dst []byte, row int) []byte, error) {
	present, err := presentOf(column, values)
	if err != nil || values.NullN() == 0 {
		return present, err
	}
	return func(dst []byte, row int) []byte {
		if values.IsNull(row) {
			return append(dst, "null"...)
		}
		return present(dst, row)
	}, nil
}

func presentOf(column schema.Column, values arrow.Array) (appender, error) {
	switch values := values.(type) {
	case *array.String:
		if column.Type == schema.JSON {
			return func(dst []byte, row int) []byte { return appendDocument(dst, values.Value(row)) }, nil
		}
		return func(dst []byte, row int) []byte { return appendText(dst, values.Value(row)) }, nil
	case *array.Boolean:
		return func(dst []byte, row int) []byte { return strconv.AppendBool(dst, values.Value(row)) }, nil
	case *array.Timestamp:
		return func(dst []byte, row int) []byte {
			dst = values.Value(row).ToTime(arrow.Microsecond).AppendFormat(append(dst, '"'), timeForm)
			return append(dst, '"')
		}, nil
	case *array.List:
		if column.Elem != nil {
			return listOf(*column.Elem, values)
		}
	case *array.Struct:
		fields := make([]arrow.Array, values.NumField())
		for i := range fields {
			fields[i] = values.Field(i)
		}
		return objectOf(column.Fields, fields)
	}
	return nil, fmt.Errorf("column %s: unexpected type %s", column.Name, values.DataType())
}

func listOf(column schema.Column, lists *array.List) (appender, error) {
	element, err := ValueOf(column, lists.ListValues())
	if err != nil {
		return nil, err
	}
	return func(dst []byte, row int) []byte {
		dst = append(dst, '[')
		start, end := lists.ValueOffsets(row)
		for at := start; at < end; at++ {
			if at > start {
				dst = append(dst, ',')
			}
			dst = element(dst, int(at))
		}
		return append(dst, ']')
	}, nil
}

// appendText replaces what is not UTF-8: the error says no more than that.
func appendText(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}

// appendDocument appends text that is a JSON document already. A line break between its
// tokens would end the message that the row is part of.
func appendDocument(dst []byte, text string) []byte {
	var compact bytes.Buffer
	switch {
	case !bytes.ContainsAny([]byte(text), "\r\n"):
		return append(dst, text...)
	case json.Compact(&compact, []byte(text)) != nil:
		return appendText(dst, text)
	}
	return append(dst, compact.Bytes()...)
}
