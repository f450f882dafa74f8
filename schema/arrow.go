package schema

import (
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
)

// Keys of Arrow field metadata.
const (
	// MetaFieldID is the key under which Arrow's Parquet readers and writers keep field ids.
	MetaFieldID = "PARQUET:field_id"
	// MetaPath is the place in the API's object, see Column.Path.
	MetaPath = "lemexport:path"
	// MetaDescription is Column.Description. Arrow readers know "comment" too; we keep to our own prefix.
	MetaDescription = "lemexport:description"
	// MetaProvenance is Column.Provenance.
	MetaProvenance = "lemexport:provenance"
	// MetaPersonal is "true" or "false", see Column.Personal.
	MetaPersonal = "lemexport:personal"
	// MetaHashed is HashAlgorithm on columns that are hashed; others do not have it.
	MetaHashed = "lemexport:hashed"
	// MetaTable, MetaVersion and MetaFingerprint are metadata of the schema itself.
	MetaTable       = "lemexport:table"
	MetaVersion     = "lemexport:schema_version"
	MetaFingerprint = "lemexport:schema_fingerprint"
)

// Arrow returns the table's Arrow schema, with metadata on the schema and on
// every field, nested ones included. It is the same object every time.
func (t *Table) Arrow() *arrow.Schema {
	t.arrowOnce.Do(func() {
		meta := arrow.NewMetadata(
			[]string{MetaTable, MetaVersion, MetaFingerprint},
			[]string{t.Name, strconv.Itoa(t.Version), t.Fingerprint()},
		)
		t.arrow = arrow.NewSchema(arrowFields(t.Columns), &meta)
	})
	return t.arrow
}

func arrowFields(columns []Column) []arrow.Field {
	fields := make([]arrow.Field, len(columns))
	for i, column := range columns {
		fields[i] = arrowField(column)
	}
	return fields
}

func arrowField(column Column) arrow.Field {
	keys := []string{MetaFieldID, MetaPath, MetaDescription, MetaProvenance, MetaPersonal}
	values := []string{strconv.Itoa(column.ID), column.Path, column.Description, string(column.Provenance), strconv.FormatBool(column.Personal)}
	if column.Hashed {
		keys, values = append(keys, MetaHashed), append(values, HashAlgorithm)
	}
	return arrow.Field{
		Name:     column.Name,
		Type:     arrowType(column),
		Nullable: !column.Required,
		Metadata: arrow.NewMetadata(keys, values),
	}
}

func arrowType(column Column) arrow.DataType {
	switch column.Type {
	case String, JSON:
		return arrow.BinaryTypes.String
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case List:
		return arrow.ListOfField(arrowField(*column.Elem))
	case Struct:
		return arrow.StructOf(arrowFields(column.Fields)...)
	}
	panic("schema: unknown type " + string(column.Type))
}
