package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// exportsOf returns the exports of a table in a configuration, of all its teams. It needs
// no secret.
func exportsOf(app App, source Configuration, table *schema.Table) ([]exporter.Export, error) {
	source.SecretsOptional = true
	jobs, diags := app.LoadConfig(source)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	var exports []exporter.Export
	for _, job := range jobs {
		for _, export := range job.Exports {
			if export.Table == table.Name {
				exports = append(exports, export)
			}
		}
	}
	if len(exports) == 0 {
		return nil, exporter.WithHint(fmt.Errorf("the configuration has no export %q", table.Name),
			"Name the table of one of its exports: lemexport schema TABLE -config=PATH.")
	}
	return exports, nil
}

// selectedColumns returns the table as the exports write it.
func selectedColumns(table *schema.Table, exports []exporter.Export) (*schema.Table, error) {
	for _, export := range exports[1:] {
		if !export.Columns.Equal(exports[0].Columns.Selection) {
			return nil, exporter.WithHint(fmt.Errorf("the exports of %s have different columns", table.Name),
				"Give them the same columns {}, or put them into configurations of their own.")
		}
	}
	return table.Select(exports[0].Columns.Selection)
}

// dbtLocation returns where dbt-duckdb reads an export.
func dbtLocation(exports []exporter.Export) (string, error) {
	export := exports[0]
	switch {
	case len(exports) > 1:
		return "", exporter.WithHint(errors.New("a source of dbt has one location, and the configuration exports the table to several"),
			"Leave -config out, and write the location into the file yourself.")
	case export.Versioned():
		return "", exporter.WithHint(errors.New("a source of dbt has a fixed location, and the file of layout = \"versioned\" has another name after each run"),
			"Use layout = \"current\", or leave -config out and write the location into the file yourself.")
	case export.Format != "parquet":
		return "", exporter.WithHint(fmt.Errorf("dbt-duckdb reads Parquet, and the export has format = %q", export.Format), "Export the table as parquet.")
	}
	folder := strings.TrimSuffix(exporter.WithoutQuery(export.Destination), "/")
	if export.Mode == "append" {
		return folder + "/" + export.Table + "/*.parquet", nil
	}
	return folder + "/" + export.Table + ".parquet", nil
}
