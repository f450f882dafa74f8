package parquet

import "github.com/lemexport/lemexport/schema"

// form is what files of one table may differ in, but for their rows.
type form struct {
	// ids states the ids of columns.
	ids bool
	// earlier is all else as the version before the checksums wrote it, for recount.
	earlier bool
}

// formOf is the form of new files of a table.
func formOf(table *schema.Table) form { return form{ids: table.FieldIDs()} }

// earlierForm is the form of files without checksums.
func earlierForm() form { return form{ids: true, earlier: true} }
