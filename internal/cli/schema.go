package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
	"github.com/lemexport/lemexport/schema"
)

func newSchema(app App, global *settings) *cobra.Command {
	var format, config string
	var variables variableFlags
	formats := []string{"table", "json", "arrow", "ddl", "dbt"}
	command := &cobra.Command{
		Use:   "schema [TABLE]",
		Short: "Print the columns of a table",
		Long: `Prints the columns of TABLE: ` + strings.Join(schema.TableNames(), ", ") + `.
The default is ` + schema.Default().Name + `.

Formats: table for people; json; ddl, a CREATE TABLE statement for DuckDB; dbt,
a source file for dbt; arrow, an Arrow IPC stream that holds the schema and no
rows.

With -config it prints the columns that an export of the table in that configuration
writes: without those that columns {} excludes, and with the hashed ones marked.`,
		Example:   "  lemexport schema\n  lemexport schema -config=main.hcl -format=dbt > models/lemexport.yml\n  lemexport schema -format=ddl | duckdb lake.duckdb",
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
			found, err := lookupTable(argument(args))
			if err != nil {
				return err
			}
			location := "out/" + found.Name + ".parquet"
			if command.Flags().Changed("config") {
				source, err := variables.configuration(config)
				if err != nil {
					return err
				}
				exports, err := exportsOf(app, source, found)
				if err == nil {
					found, err = selectedColumns(found, exports)
				}
				if err == nil && format == "dbt" {
					location, err = dbtLocation(exports)
				}
				if err != nil {
					return err
				}
			}
			return runSchema(app, *global, found, format, location)
		},
	}
	command.Flags().StringVar(&format, "format", "table", "print it as `FORMAT`: table, json, arrow, ddl or dbt")
	command.Flags().StringVar(&config, "config", "", "print the columns that the configuration at `PATH` exports, a file or a folder")
	variables.addTo(command.Flags())
	completes(command, "format", formats...)
	return command
}

// lookupTable returns the table of that name; "" is the default one.
func lookupTable(name string) (*schema.Table, error) {
	if name == "" {
		name = schema.Default().Name
	}
	found, ok := schema.Lookup(name)
	if ok {
		return found, nil
	}
	hint := "The tables are: " + strings.Join(schema.TableNames(), ", ") + "."
	if guess := nearest.Name(name, schema.TableNames()); guess != "" {
		hint += " Did you mean " + guess + "?"
	}
	return nil, exporter.WithHint(fmt.Errorf("unknown table %q", name), hint)
}

func runSchema(app App, global settings, found *schema.Table, format, location string) error {
	var body []byte
	var err error
	switch format {
	case "json":
		body, err = found.JSON()
	case "ddl":
		body = []byte(found.DDL())
	case "dbt":
		body = []byte(found.DBT(location))
	case "arrow":
		if _, _, ok := app.Terminal(app.Stdout); ok {
			return exporter.WithHint(errors.New("refusing to write binary data to a terminal"), "Send it to a file: lemexport schema -format=arrow > schema.arrows")
		}
		body, err = found.ArrowIPC()
	default:
		newTerminal(app, app.Stdout, !global.noColor).print(schemaText(found))
	}
	if err != nil {
		return fmt.Errorf("schema of %s: %w", found.Name, err)
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
	kind := typeText(column.Type)
	if column.Hashed {
		kind += " (hash)"
		personal = ""
	}
	return []string{strconv.Itoa(column.ID), path, kind, null, from, personal, column.Description}
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
