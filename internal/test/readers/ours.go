package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/arrowipc"
	"github.com/lemexport/lemexport/exporter/parquet"
	"github.com/lemexport/lemexport/schema"
)

// row is a row in the neutral form: texts, booleans, times in microseconds since
// 1970, lists and structs, and null.
type row map[string]any

// ownRows reads a file with our own reader.
func ownRows(ctx context.Context, path string, table *schema.Table) (_ []row, err error) {
	data, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, data.Close()) }()
	info, err := data.Stat()
	if err != nil {
		return nil, err
	}
	var opened exporter.DataFile
	if strings.HasSuffix(path, ".arrow") {
		opened, err = arrowipc.Format{}.Open(data, info.Size())
	} else {
		opened, err = parquet.Format{}.Open(data, info.Size())
	}
	if err != nil {
		return nil, err
	}
	var rows []row
	for record, err := range opened.Records(ctx, table) {
		if err != nil {
			return nil, err
		}
		for i := range int(record.NumRows()) {
			r := row{}
			for n, field := range record.Schema().Fields() {
				if r[field.Name], err = neutral(record.Column(n), i); err != nil {
					return nil, fmt.Errorf("%s: %w", field.Name, err)
				}
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// neutral is one value in the neutral form. Texts are copied: a record lends its own.
func neutral(from arrow.Array, i int) (any, error) {
	if from.IsNull(i) {
		return nil, nil //nolint:nilnil // null is a value
	}
	switch from := from.(type) {
	case *array.String:
		return strings.Clone(from.Value(i)), nil
	case *array.Boolean:
		return from.Value(i), nil
	case *array.Timestamp:
		return int64(from.Value(i)), nil
	case *array.List:
		start, end := from.ValueOffsets(i)
		list := make([]any, 0, end-start)
		for j := int(start); j < int(end); j++ {
			value, err := neutral(from.ListValues(), j)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		return list, nil
	case *array.Struct:
		fields := row{}
		kind, ok := from.DataType().(*arrow.StructType)
		if !ok {
			return nil, fmt.Errorf("a struct of type %s", from.DataType())
		}
		for n, field := range kind.Fields() {
			value, err := neutral(from.Field(n), i)
			if err != nil {
				return nil, err
			}
			fields[field.Name] = value
		}
		return fields, nil
	case array.ExtensionArray:
		return neutral(from.Storage(), i)
	default:
		return nil, fmt.Errorf("values of type %s have no neutral form", from.DataType())
	}
}
