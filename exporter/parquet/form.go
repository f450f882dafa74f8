package parquet

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// form holds the choices in which two files of one table with the same rows may differ.
type form struct {
	// ids states the ids of columns.
	ids bool
	// json gives the column of type JSON the logical type JSON, and STRING otherwise.
	json bool
	// encoding is that of the values.
	encoding string
	// legacy writes everything else as the version without checksums did, for rewriteVerifier.
	legacy bool
}

// formOf is the form of new files of a table.
func formOf(table *schema.Table, options exporter.ParquetOptions) (form, error) {
	f := form{ids: table.FieldIDs(), encoding: options.Encoding}
	switch options.Encoding {
	case "":
		f.encoding = exporter.EncodingPortable
	case exporter.EncodingPortable, exporter.EncodingCompact, exporter.EncodingPlain:
	default:
		return f, exporter.WithHint(fmt.Errorf("unknown parquet encoding %q", options.Encoding),
			`Set encoding to "portable", "compact" or "plain".`)
	}
	switch options.Extra {
	case "", exporter.ExtraString:
	case exporter.ExtraJSON:
		f.json = true
	default:
		return f, exporter.WithHint(fmt.Errorf("unknown type of extra %q", options.Extra), `Set extra to "string" or "json".`)
	}
	return f, nil
}

// legacyForm is the form of files without checksums.
func legacyForm() form {
	return form{ids: true, json: true, encoding: exporter.EncodingCompact, legacy: true}
}

// extraOf is the type of the column of type JSON.
func extraOf(elements []format.SchemaElement) string {
	for _, element := range elements {
		if _, ok := element.LogicalType.Value.(*format.JsonType); ok {
			return exporter.ExtraJSON
		}
	}
	return exporter.ExtraString
}

// layoutOf is the layout of a file that may hold a table: readers take every encoding
// and both logical types of text.
func layoutOf(file *parquet.File, table *schema.Table) *layout {
	read := form{ids: table.FieldIDs(), encoding: exporter.EncodingPortable}
	read.json = extraOf(file.Metadata().Schema) == exporter.ExtraJSON
	return newLayout(table, read)
}
