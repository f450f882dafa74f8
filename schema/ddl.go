package schema

import (
	"fmt"
	"strings"
)

// ddl implements Table.DDL.
func ddl(t *Table) string {
	var sql strings.Builder
	fmt.Fprintf(&sql, "CREATE TABLE IF NOT EXISTS %s (\n", identifier(t.Name))
	for i, column := range t.Columns {
		fmt.Fprintf(&sql, "    %s %s", identifier(column.Name), duckType(column))
		if column.Required {
			sql.WriteString(" NOT NULL")
		}
		if i < len(t.Columns)-1 {
			sql.WriteByte(',')
		}
		sql.WriteByte('\n')
	}
	sql.WriteString(");\n")
	fmt.Fprintf(&sql, "COMMENT ON TABLE %s IS %s;\n", identifier(t.Name), literal(t.Description))
	for _, column := range t.Columns {
		fmt.Fprintf(&sql, "COMMENT ON COLUMN %s.%s IS %s;\n", identifier(t.Name), identifier(column.Name), literal(descriptionOf(column)))
	}
	return sql.String()
}

func duckType(column Column) string {
	switch column.Type {
	case String, JSON:
		return "VARCHAR"
	case Bool:
		return "BOOLEAN"
	case Timestamp:
		return "TIMESTAMP WITH TIME ZONE" // microseconds
	case List:
		return duckType(*column.Elem) + "[]"
	case Struct:
		fields := make([]string, len(column.Fields))
		for i, field := range column.Fields {
			fields[i] = identifier(field.Name) + " " + duckType(field)
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	panic("schema: unknown type " + string(column.Type))
}

// identifier quotes every name, which needs no list of reserved words.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
