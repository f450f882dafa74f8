package schema

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

func eachColumn(columns []Column, parent string, visit func(name string, column Column)) {
	for _, column := range columns {
		visit(parent+column.Name, column)
		eachColumn(fieldsOf(column), parent+column.Name+".", visit)
	}
}

// fieldsOf are the fields of a struct, or of the structs in a list.
func fieldsOf(column Column) []Column {
	if column.Elem != nil {
		return column.Elem.Fields
	}
	return column.Fields
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
