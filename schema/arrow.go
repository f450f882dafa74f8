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

// arrowFields turns columns into fields, with the optional metadata that it names.
type arrowFields struct{ ids, descriptions bool }

// schema returns the Arrow schema of a table.
func (f arrowFields) schema(t *Table) *arrow.Schema {
	meta := arrow.NewMetadata(
		[]string{MetaTable, MetaVersion, MetaFingerprint},
		[]string{t.Name, strconv.Itoa(t.Version), t.Fingerprint()},
	)
	return arrow.NewSchema(f.of(t.Columns), &meta)
}

func (f arrowFields) of(columns []Column) []arrow.Field {
	fields := make([]arrow.Field, len(columns))
	for i, column := range columns {
		fields[i] = f.field(column)
	}
	return fields
}

func (f arrowFields) field(column Column) arrow.Field {
	var keys, values []string
	add := func(when bool, key, value string) {
		if when {
			keys, values = append(keys, key), append(values, value)
		}
	}
	add(f.ids, MetaFieldID, strconv.Itoa(column.ID))
	add(true, MetaPath, column.Path)
	add(f.descriptions, MetaDescription, column.Description)
	add(true, MetaProvenance, string(column.Provenance))
	add(true, MetaPersonal, strconv.FormatBool(column.Personal))
	add(column.Hashed, MetaHashed, HashAlgorithm)
	return arrow.Field{
		Name:     column.Name,
		Type:     f.dataType(column),
		Nullable: !column.Required,
		Metadata: arrow.NewMetadata(keys, values),
	}
}

func (f arrowFields) dataType(column Column) arrow.DataType {
	switch column.Type {
	case String, JSON:
		return arrow.BinaryTypes.String
	case Bool:
		return arrow.FixedWidthTypes.Boolean
	case Timestamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	case List:
		return arrow.ListOfField(f.field(*column.Elem))
	case Struct:
		return arrow.StructOf(f.of(column.Fields)...)
	}
	panic("schema: unknown type " + string(column.Type))
}
