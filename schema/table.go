package schema

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"
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

// ByRole returns the top-level column with that role, and its position.
func (t *Table) ByRole(role Role) (Column, int, bool) {
	for i, column := range t.Columns {
		if column.Role == role && role != "" {
			return column, i, true
		}
	}
	return Column{}, -1, false
}

// NameOf returns the name of the column or field with that role, at any depth, as
// Table.Names spells it; "" when the table has none, or leaves it out.
func (t *Table) NameOf(role Role) string {
	found := ""
	eachColumn(t.Columns, "", func(name string, column Column) {
		if column.Role == role {
			found = name
		}
	})
	return found
}

// Incremental reports whether rows have versions, so that an export can read only what
// is newer than the last one.
func (t *Table) Incremental() bool {
	_, _, ok := t.ByRole(RoleVersion)
	return ok
}

// Names returns the names of all columns and of the fields of structs, in
// order: `contact`, `contact.email`, `users.user_id`. The element of a list has
// no name of its own.
func (t *Table) Names() []string {
	var names []string
	eachColumn(t.Columns, "", func(name string, _ Column) { names = append(names, name) })
	return names
}

// Find returns the column or field of that name.
func (t *Table) Find(name string) (Column, bool) {
	var found Column
	ok := false
	eachColumn(t.Columns, "", func(one string, column Column) {
		if one == name {
			found, ok = column, true
		}
	})
	return found, ok
}

// Personal returns the names of the columns that identify people or hold what they
// wrote, as the API sent it. Hashed columns are not among them; for a struct its
// fields are.
func (t *Table) Personal() []string {
	var names []string
	eachColumn(t.Columns, "", func(name string, column Column) {
		hashed := column.Hashed || column.Elem != nil && column.Elem.Hashed
		if column.Personal && !hashed && len(fieldsOf(column)) == 0 {
			names = append(names, name)
		}
	})
	return names
}

// errNoColumn is wrapped by the errors about names that the table does not have.
var errNoColumn = errors.New("no such column")

// MayExclude returns the reason why a column cannot be left out; nil when it can.
func (t *Table) MayExclude(name string) error {
	column, ok := t.Find(name)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", name, errNoColumn)
	case column.Needed != "":
		return fmt.Errorf("%s cannot be left out: %s", name, column.Needed)
	}
	return nil
}

// MayHash returns the reason why a column cannot be hashed; nil when it can. Only text
// can be hashed.
func (t *Table) MayHash(name string) error {
	column, ok := t.Find(name)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", name, errNoColumn)
	case column.Needed != "":
		return fmt.Errorf("%s cannot be hashed: %s", name, column.Needed)
	case len(fieldsOf(column)) > 0:
		var inside []string
		for _, field := range fieldsOf(column) {
			if field.Type == String {
				inside = append(inside, name+"."+field.Name)
			}
		}
		return fmt.Errorf("%s is not text; its text fields are %s", name, strings.Join(inside, ", "))
	case column.Type != String && (column.Elem == nil || column.Elem.Type != String):
		return fmt.Errorf("%s is not text but %s", name, column.Type)
	}
	return nil
}

// Select returns the table without the columns that s excludes, and marks the columns
// that s hashes. Columns keep their ids, but files state ids only when no column is left
// out, see Table.FieldIDs. A struct without remaining fields is left out itself.
func (t *Table) Select(s Selection) (*Table, error) { return s.of(t) }

// OnlyKeys is the table with no columns but those of [Keys].
func (t *Table) OnlyKeys() *Table {
	var columns []Column
	for _, column := range t.Columns {
		if column.Role == RoleKey || column.Role == RoleVersion {
			columns = append(columns, column)
		}
	}
	return t.with(columns)
}

// Keys returns the keys of the rows of a record of the table.
func (t *Table) Keys(rec arrow.Record) (Keys, error) { return keysOf(t, rec) }

// Arrow returns the table's Arrow schema, with metadata on the schema and on
// every field, nested ones included. Every call returns the same object.
func (t *Table) Arrow() *arrow.Schema {
	t.arrowOnce.Do(func() { t.arrow = arrowFields{ids: t.FieldIDs(), descriptions: true}.schema(t) })
	return t.arrow
}

// ArrowBrief is Arrow without the descriptions of columns, its largest part.
func (t *Table) ArrowBrief() *arrow.Schema { return arrowFields{ids: t.FieldIDs()}.schema(t) }

// ArrowIPC returns the table as an Arrow IPC stream: the schema with its
// metadata, and no batches.
func (t *Table) ArrowIPC() ([]byte, error) { return arrowIPC(t) }

// JSON describes the table as indented JSON with a final newline. A list has
// an `element`, a struct has `fields`, each like a column; `path` is left out
// where the value is not the API's.
func (t *Table) JSON() ([]byte, error) { return describeJSON(t) }

// DDL returns DuckDB statements that create the table, empty, with its
// comments, unless it exists. DuckDB keeps no comments on the fields of a struct.
func (t *Table) DDL() string { return ddl(t) }

// DBT returns a source file (YAML) for dbt: the table with the DuckDB types and
// descriptions of its columns, whether they are personal, tests for unique and required
// columns, and how old the newest row may be. Location is where dbt-duckdb reads the
// export: a file, or a glob of the files of an append; of these it takes the newest
// version of each row.
func (t *Table) DBT(location string) string { return dbt(t, location) }

// Fingerprint identifies the parts of the table that readers depend on: names, types,
// nullability, field ids and which columns are hashed, in order. Descriptions are not
// part of it. It is "sha256:" and 64 hexadecimal digits.
func (t *Table) Fingerprint() string { return fingerprint(t) }
