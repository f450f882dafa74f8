package cloudquery

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

// table is a table as the host gets it.
type table struct {
	door.Choice
	schema *arrow.Schema
	// documents are the columns that are sent as JSON documents, by position.
	documents []bool
}

// matching reports which names a list of patterns selects. Each pattern has to match one.
func matching(list string, patterns, names []string) ([]bool, error) {
	found := make([]bool, len(names))
	for _, pattern := range patterns {
		matched := false
		for i, name := range names {
			ok, err := path.Match(pattern, name)
			if err != nil {
				return nil, &door.InputError{Err: fmt.Errorf("invalid pattern %q in %s: %w", pattern, list, err)}
			}
			found[i] = found[i] || ok
			matched = matched || ok
		}
		if !matched {
			return nil, &door.InputError{Err: exporter.WithHint(fmt.Errorf("no table matches %q in %s", pattern, list),
				"The tables are: "+strings.Join(names, ", ")+".")}
		}
	}
	return found, nil
}

// describe describes a choice with the metadata that hosts and destinations look for. One of
// their SDKs fails when there is no description.
func describe(choice door.Choice, nestedAsJSON bool) table {
	described := table{Choice: choice, documents: make([]bool, len(choice.Table.Columns))}
	fields := make([]arrow.Field, len(choice.Table.Columns))
	for i, column := range choice.Table.Columns {
		nested := column.Type == schema.List || column.Type == schema.Struct
		described.documents[i] = column.Type == schema.JSON || nested && nestedAsJSON
		fields[i] = plain(choice.Table.Arrow().Field(i))
		if described.documents[i] {
			fields[i].Type = arrow.BinaryTypes.Binary
			fields[i].Metadata = arrow.NewMetadata(
				[]string{"ARROW:extension:name", "ARROW:extension:metadata"}, []string{"json", "json-serialized"})
		} else if column.Role == schema.RoleKey {
			fields[i].Metadata = arrow.NewMetadata([]string{"cq:extension:primary_key"}, []string{"true"})
		}
	}
	title := strings.ReplaceAll(choice.Table.Name, "_", " ")
	meta := arrow.MetadataFrom(map[string]string{
		"cq:table_name":                choice.Table.Name,
		"cq:table_title":               strings.ToUpper(title[:1]) + title[1:],
		"cq:table_description":         choice.Table.Description,
		"cq:extension:constraint_name": choice.Table.Name + "_pk",
	})
	described.schema = arrow.NewSchema(fields, &meta)
	return described
}

// plain removes metadata, nested ones included: destinations that write files would take
// over field ids.
func plain(field arrow.Field) arrow.Field {
	field.Metadata = arrow.Metadata{}
	switch kind := field.Type.(type) {
	case *arrow.ListType:
		field.Type = arrow.ListOfField(plain(kind.ElemField()))
	case *arrow.StructType:
		fields := slices.Clone(kind.Fields())
		for i := range fields {
			fields[i] = plain(fields[i])
		}
		field.Type = arrow.StructOf(fields...)
	}
	return field
}

// record converts a record of our table. The caller releases it.
func (t table) record(rec arrow.Record) (arrow.Record, error) {
	columns := slices.Clone(rec.Columns())
	for i, column := range t.Table.Columns {
		if !t.documents[i] {
			continue
		}
		documents, err := documentsOf(column, columns[i])
		if err != nil {
			return nil, err
		}
		defer documents.Release()
		columns[i] = documents
	}
	return array.NewRecord(t.schema, columns, rec.NumRows()), nil
}

// documentsOf writes the values of a column as JSON.
func documentsOf(column schema.Column, values arrow.Array) (arrow.Array, error) {
	appendValue, err := rowjson.ValueOf(column, values)
	if err != nil {
		return nil, fmt.Errorf("values as JSON: %w", err)
	}
	documents := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	defer documents.Release()
	documents.Reserve(values.Len())
	var document []byte
	for row := range values.Len() {
		if values.IsNull(row) {
			documents.AppendNull()
			continue
		}
		document = appendValue(document[:0], row)
		documents.Append(document)
	}
	return documents.NewArray(), nil
}
