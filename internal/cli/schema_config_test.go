package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// schemaOf runs schema with a configuration of these exports.
func schemaOf(t *testing.T, exports []exporter.Export, args ...string) (out, errs string, status exporter.ExitStatus) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.hcl")
	if err := os.WriteFile(file, []byte("# as the loader below reads it"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newConsole("")
	c.LoadConfig = func(source Configuration) ([]exporter.Job, exporter.Diagnostics) {
		if !source.SecretsOptional {
			t.Error("the schema of a configuration needs secrets")
		}
		return []exporter.Job{{Exports: exports}}, nil
	}
	status = c.Main(t.Context(), append([]string{"schema", "-config=" + file}, args...))
	return c.out.String(), c.err.String(), status
}

func TestSchemaOfAConfiguration(t *testing.T) {
	reduced := exporter.Export{
		Table: schema.Default().Name, Destination: "s3://lake/lemlist?region=eu-west-1", Format: "parquet", Mode: exporter.ModeAppend,
		Columns: exporter.Columns{Selection: schema.Selection{Exclude: []string{"extra", "contact"}, Hash: []string{"contact_id", "users.user_id"}}},
	}
	for _, format := range []string{"table", "json", "ddl", "dbt"} {
		out, errs, status := schemaOf(t, []exporter.Export{reduced}, "-format="+format)
		if status != 0 {
			t.Errorf("-format=%s: exit %d: %s", format, status, errs)
		}
		golden(t, "schema/configured."+format, out)
	}
}

func TestSchemaOfAConfigurationThatDoesNotSayIt(t *testing.T) {
	table := schema.Default().Name
	whole := exporter.Export{Table: table, Destination: "out", Format: "parquet", Mode: exporter.ModeSnapshot}
	reduced, versioned, arrow := whole, whole, whole
	reduced.Columns.Exclude = []string{"extra"}
	versioned.Layout = exporter.LayoutVersioned
	arrow.Format = "arrow"
	for want, exports := range map[string][]exporter.Export{
		"has no export":                {{Table: "team_users"}},
		"have different columns":       {whole, reduced},
		"exports the table to several": {whole, whole},
		"has another name after each":  {versioned},
		"dbt-duckdb reads Parquet":     {arrow},
	} {
		out, errs, status := schemaOf(t, exports, "-format=dbt")
		if status != exporter.ExitError || out != "" || !strings.Contains(strings.Join(strings.Fields(errs), " "), want) {
			t.Errorf("exit %d, want an error that says %q: %s%s", status, want, errs, out)
		}
	}
}
