package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

func newSchema(app App, global *settings) *cobra.Command {
	var format string
	formats := []string{"table", "json", "arrow", "ddl", "dbt"}
	command := &cobra.Command{
		Use:   "schema [TABLE]",
		Short: "Print the columns of a table",
		Long: `Prints the columns of TABLE: ` + strings.Join(schema.TableNames(), ", ") + `.
The default is ` + schema.Default().Name + `.

Formats: table for people; json; ddl, a CREATE TABLE statement for DuckDB; dbt,
a source file for dbt; arrow, an Arrow IPC stream that holds the schema and no
rows.`,
		Example:   "  lemexport schema\n  lemexport schema -format=ddl | duckdb lake.duckdb",
		Args:      atMost(1),
		ValidArgs: schema.TableNames(),
		RunE: func(command *cobra.Command, args []string) error {
			if err := oneOf(command, "format", format, formats...); err != nil {
				return err
			}
			if global.json {
				if command.Flags().Changed("format") && format != "json" {
					return usageError(command, "-json and -format=%s exclude each other", format)
				}
				format = "json"
			}
			return runSchema(app, *global, argument(args), format)
		},
	}
	command.Flags().StringVar(&format, "format", "table", "print it as `FORMAT`: table, json, arrow, ddl or dbt")
	completes(command, "format", formats...)
	return command
}

func runSchema(app App, global settings, name, format string) error {
	if name == "" {
		name = schema.Default().Name
	}
	found, ok := schema.Lookup(name)
	if !ok {
		return exporter.WithHint(fmt.Errorf("unknown table %q", name), "The tables are: "+strings.Join(schema.TableNames(), ", ")+".")
	}
	var body []byte
	var err error
	switch format {
	case "json":
		body, err = found.JSON()
	case "ddl":
		body = []byte(found.DDL())
	case "dbt":
		body = []byte(found.DBT())
	case "arrow":
		if _, _, ok := app.Terminal(app.Stdout); ok {
			return exporter.WithHint(errors.New("refusing to write binary data to a terminal"), "Send it to a file: lemexport schema -format=arrow > schema.arrows")
		}
		body, err = found.ArrowIPC()
	default:
		newTerminal(app, app.Stdout, !global.noColor).print(schemaText(found))
	}
	if err != nil {
		return fmt.Errorf("schema of %s: %w", name, err)
	}
	if text := format == "json" || format == "ddl"; text && !strings.HasSuffix(string(body), "\n") {
		body = append(body, '\n')
	}
	_, _ = app.Stdout.Write(body) // App.Main looks at the error
	return nil
}

func schemaText(found *schema.Table) string {
	rows := columnRows([][]string{{"id", "column", "type", "null", "from", "personal", "description"}}, found.Columns, "")
	return fmt.Sprintf("%s version %d\n%s.\n%s\n\n%s", bold(found.Name), found.Version, found.Description, found.Fingerprint(), table(rows, 0))
}

// columnRows lists columns with what is nested in them, as paths: users[].user_id.
func columnRows(rows [][]string, columns []schema.Column, parent string) [][]string {
	for _, column := range columns {
		rows = append(rows, columnRow(column, parent+column.Name))
	}
	for _, column := range columns {
		path := parent + column.Name
		if column.Elem != nil {
			path += "[]"
			rows = append(rows, columnRow(*column.Elem, path))
			column = *column.Elem
		}
		rows = columnRows(rows, column.Fields, path+".")
	}
	return rows
}

func columnRow(column schema.Column, path string) []string {
	null, personal, from := "yes", "", column.Path
	if column.Required {
		null = "no"
	}
	if column.Personal {
		personal = "yes"
	}
	switch column.Provenance {
	case schema.Observed:
		from += " (observed)"
	case schema.Derived:
		from = "lemexport"
	case schema.Documented:
	}
	return []string{strconv.Itoa(column.ID), path, typeText(column.Type), null, from, personal, column.Description}
}

func typeText(kind schema.Type) string {
	switch kind {
	case schema.String:
		return "utf8"
	case schema.JSON:
		return "utf8 (JSON)"
	case schema.Timestamp:
		return "timestamp[us, UTC]"
	case schema.Bool, schema.List, schema.Struct:
	}
	return string(kind)
}
