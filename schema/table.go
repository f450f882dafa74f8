package schema

import (
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
)

// Type is the kind of a column. Every kind has exactly one Arrow and one
// Parquet type, so encoders can be driven by it.
type Type string

// The column types.
const (
	// String is UTF-8 text.
	String Type = "string"
	// Bool is true or false.
	Bool Type = "bool"
	// Timestamp is an instant in UTC, in microseconds.
	Timestamp Type = "timestamp"
	// JSON is UTF-8 text that is one JSON object.
	JSON Type = "json"
	// List is a list of Elem.
	List Type = "list"
	// Struct is a group of Fields.
	Struct Type = "struct"
)

// Provenance says how a field is known.
type Provenance string

// The provenances.
const (
	// Documented fields are in lemlist's official documentation.
	Documented Provenance = "documented"
	// Observed fields occur in responses, but not in the official documentation.
	Observed Provenance = "observed"
	// Derived fields are made by lemexport.
	Derived Provenance = "derived"
)

// Partition says into which lists the API divides the rows of a table. A walk has one
// proof and one watermark for each partition.
type Partition string

// The kinds of partitions.
const (
	// PartitionTeam is the whole team: there is one partition, without a name.
	PartitionTeam Partition = ""
	// PartitionUser is one list for each user of the team; its name is the user's id.
	PartitionUser Partition = "user"
)

// Table is one exported table.
type Table struct {
	// Name is the name in a configuration and in file names.
	Name string
	// Version counts the changes of the table, from 1.
	Version int
	// Description is one sentence.
	Description string
	// PartitionBy says whether the API has one list of rows for each user or one for the
	// whole team.
	PartitionBy Partition
	// Request is the HTTP request for the rows.
	Request Request
	// Columns are the columns in order.
	Columns []Column

	// partial is true when columns of the table were left out.
	partial bool

	arrowOnce sync.Once
	arrow     *arrow.Schema
}

// Column is a column, a field of a struct, or the element of a list.
type Column struct {
	// Name is the column's name; "element" for the element of a list, as in
	// Parquet's and Iceberg's three-level lists.
	Name string
	Type Type
	// Required columns are never null.
	Required bool
	// Key is the API's name of the value inside its parent object; empty for elements
	// of lists and for values that are not in the object of a row.
	Key string
	// EnvelopeKey is the API's name of the value in the object around the rows, for a
	// column that is the same in all rows of a response; empty for all others.
	EnvelopeKey string
	// Description is one sentence, without a final full stop.
	Description string
	Provenance  Provenance
	// Personal marks data about a person, and ids by which the API identifies one: ids
	// of people, of conversations with them, and of tasks about them.
	Personal bool
	// Role is the purpose of a column that other code looks for; empty for most.
	Role Role
	// References names the table whose key the values are; empty for most.
	References string
	// Values is the kind of texts in the column.
	Values Values
	// Needed is the reason why the column cannot be left out or hashed; empty when it can.
	Needed string
	// Hashed columns hold a keyed hash instead of the API's text, see Table.Select.
	Hashed bool
	// Since is the first version of the table with this top-level column; 0 is version 1.
	Since int
	// AbsentFalse reads an absent or null boolean as false.
	AbsentFalse bool
	// Elem is the element of a List.
	Elem *Column
	// Fields are the fields of a Struct.
	Fields []Column

	// ID is the field id: 1..N for the columns in order, then the nested fields, as
	// Apache Iceberg numbers a fresh schema (table spec, "Schema and partition
	// struct serialization"; AssignFreshIds): all fields of a struct first, then
	// the fields inside them.
	ID int
	// Path is the place in the API's object, for instance `users[].userId`, or
	// `envelope: _id` for a value around the rows; empty for derived columns.
	Path string
}

// Lookup returns the table of that name.
func Lookup(name string) (*Table, bool) {
	for _, table := range Tables() {
		if table.Name == name {
			return table, true
		}
	}
	return nil, false
}

// Default is the table of examples and hints, and of commands without a table name.
func Default() *Table { return InboxConversations() }

// Tables returns every table.
func Tables() []*Table { return []*Table{InboxConversations(), InboxLabels(), TeamUsers()} }

// TableNames returns the names of all tables, in the order of Tables.
func TableNames() []string {
	var names []string
	for _, table := range Tables() {
		names = append(names, table.Name)
	}
	return names
}

// Column returns the top-level column of that name, and its position.
func (t *Table) Column(name string) (Column, int, bool) {
	for i, column := range t.Columns {
		if column.Name == name {
			return column, i, true
		}
	}
	return Column{}, -1, false
}

// FieldIDs reports whether files of the table state the ids of its columns. With
// columns left out the ids have gaps: a catalog that renumbers the columns of such
// a file, as Apache Iceberg does, would confuse columns. Without ids it uses the names.
func (t *Table) FieldIDs() bool { return !t.partial }

// AsOf returns an earlier version of the table: later ones only add top-level columns.
// It reports false for a version that does not exist.
func (t *Table) AsOf(version int) (*Table, bool) {
	switch {
	case version == t.Version:
		return t, true
	case version < 1 || version > t.Version:
		return nil, false
	}
	var columns []Column
	for _, column := range t.Columns {
		if column.Since <= version {
			columns = append(columns, column)
		}
	}
	was := t.with(columns)
	was.Version = version
	return was, true
}

// with returns the table with other columns.
func (t *Table) with(columns []Column) *Table {
	return &Table{
		Name: t.Name, Version: t.Version, Description: t.Description, PartitionBy: t.PartitionBy,
		Request: t.Request, Columns: columns, partial: t.partial,
	}
}

// number assigns field ids and paths to a fresh table.
func number(columns []Column) {
	next := 1
	assign(columns, "", &next)
}

func assign(columns []Column, parent string, next *int) {
	for i := range columns {
		columns[i].ID = *next
		*next++
		switch {
		case columns[i].Key != "":
			columns[i].Path = join(parent, columns[i].Key)
		case columns[i].EnvelopeKey != "":
			columns[i].Path = "envelope: " + columns[i].EnvelopeKey
		}
	}
	for i := range columns {
		descend(&columns[i], columns[i].Path, next)
	}
}

func descend(column *Column, path string, next *int) {
	switch column.Type {
	case Struct:
		assign(column.Fields, path, next)
	case List:
		column.Elem.ID = *next
		*next++
		column.Elem.Path = path + "[]"
		descend(column.Elem, column.Elem.Path, next)
	case String, Bool, Timestamp, JSON:
	}
}

func join(parent, key string) string {
	if parent == "" {
		return key
	}
	return parent + "." + key
}
