package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// dbt implements Table.DBT.
func dbt(t *Table) string {
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
          meta:
            # Where dbt-duckdb reads the export; seen from where dbt runs.
            external_location: %s
            schema_version: %d
            schema_fingerprint: %s
        columns:
`, t.Name, yamlText(t.Description), yamlText("out/"+t.Name+".parquet"), t.Version, yamlText(t.Fingerprint()))
	for _, column := range t.Columns {
		fmt.Fprintf(&yaml, "          - name: %s\n            description: %s\n            data_type: %s\n",
			column.Name, yamlText(column.Description), yamlText(duckType(column)))
		fmt.Fprintf(&yaml, "            config:\n              meta:\n                personal: %t\n                provenance: %s\n", column.Personal, column.Provenance)
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
