package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// dbt implements Table.DBT.
func dbt(t *Table, location string) string {
	if strings.Contains(location, "*") {
		location = newestVersions(t, location)
	}
	fetched, _, _ := t.ByRole(RoleFetched)
	personal := t.Personal()
	var yaml strings.Builder
	fmt.Fprintf(&yaml, `# Made by lemexport schema -format=dbt. Copy it into models/ of a dbt project.
version: 2
sources:
  - name: lemexport
    description: "Exports of a lemlist team by lemexport"
    tables:
      - name: %s
        description: %s
        config:
          # The newest row was read at most so long ago. A merge or an append reads rows
          # that changed: there it is the time of the newest change that a run found.
          loaded_at_field: %s
          freshness:
            warn_after: {count: 26, period: hour}
            error_after: {count: 50, period: hour}
          meta:
            # Where dbt-duckdb reads the export; seen from where dbt runs.
            external_location: %s
            schema_version: %d
            schema_fingerprint: %s
        columns:
`, t.Name, yamlText(t.Description), fetched.Name, yamlText(location), t.Version, yamlText(t.Fingerprint()))
	for _, column := range t.Columns {
		fmt.Fprintf(&yaml, "          - name: %s\n            description: %s\n            data_type: %s\n",
			column.Name, yamlText(descriptionOf(column)), yamlText(duckType(column)))
		fmt.Fprintf(&yaml, "            config:\n              meta:\n                personal: %t\n                provenance: %s\n", isPersonal(personal, column.Name), column.Provenance)
		if column.Path != "" {
			fmt.Fprintf(&yaml, "                api_path: %s\n", yamlText(column.Path))
		}
		var tests []string
		if column.Role == RoleKey {
			tests = append(tests, "unique")
		}
		if column.Required {
			tests = append(tests, "not_null")
		}
		if tests != nil {
			fmt.Fprintf(&yaml, "            data_tests: [%s]\n", strings.Join(tests, ", "))
		}
	}
	return yaml.String()
}

// newestVersions is a query for the newest version of each row in the files of an append.
func newestVersions(t *Table, files string) string {
	key, _, _ := t.ByRole(RoleKey)
	fetched, _, _ := t.ByRole(RoleFetched)
	order := fetched.Name + " DESC"
	if version, _, ok := t.ByRole(RoleVersion); ok {
		order = version.Name + " DESC NULLS LAST, " + order
	}
	return fmt.Sprintf("(FROM read_parquet(%s, union_by_name = true) QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1)",
		literal(files), key.Name, order)
}

// isPersonal reports whether a column, or a field in it, is among the names.
func isPersonal(personal []string, column string) bool {
	return slices.ContainsFunc(personal, func(name string) bool { return name == column || strings.HasPrefix(name, column+".") })
}

// descriptionOf is the description of a column, and what of it is hashed.
func descriptionOf(column Column) string {
	hashed := column.Hashed || column.Elem != nil && column.Elem.Hashed
	if hashed {
		return column.Description + " (hashed)"
	}
	var fields []string
	for _, field := range fieldsOf(column) {
		if field.Hashed {
			fields = append(fields, field.Name)
		}
	}
	if fields == nil {
		return column.Description
	}
	return column.Description + " (hashed: " + strings.Join(fields, ", ") + ")"
}

// yamlText quotes a text for YAML, which accepts JSON strings.
func yamlText(text string) string {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil {
		panic("schema: a text cannot be quoted: " + err.Error())
	}
	return strings.TrimSuffix(quoted.String(), "\n")
}
