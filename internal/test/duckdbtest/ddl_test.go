package duckdbtest

import (
	"os/exec"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

// DuckDB runs the statement of `schema -format=ddl` for every table, and creates the columns
// that the table declares.
func TestDDLOfEveryTable(t *testing.T) {
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	scalars := map[schema.Type]string{
		schema.String: "VARCHAR", schema.JSON: "VARCHAR", schema.Bool: "BOOLEAN", schema.Timestamp: "TIMESTAMP WITH TIME ZONE",
	}
	db := openDuckDB(t)
	for _, table := range schema.Tables() {
		ddl, err := exec.Command(binary, "schema", table.Name, "-format=ddl").Output()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), string(ddl)); err != nil {
			t.Fatalf("%s: %v", table.Name, err)
		}
		found := query(t, db, `SELECT column_name, "null", column_type FROM (DESCRIBE `+table.Name+")")
		var want [][]string
		for i, column := range table.Columns {
			kind, scalar := scalars[column.Type]
			if !scalar && i < len(found) { // TestDBTSource compares the types of lists and structs with an export
				kind = found[i][2]
			}
			want = append(want, []string{column.Name, map[bool]string{true: "NO", false: "YES"}[column.Required], kind})
		}
		if diff := gocmp.Diff(want, found); diff != "" {
			t.Errorf("%s (-declared +DuckDB):\n%s", table.Name, diff)
		}
	}
}
