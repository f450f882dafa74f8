package duckdbtest

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// The output of `schema -format=dbt` is YAML and describes an export: its columns, their
// types, and the tests that dbt runs.
func TestDBTSource(t *testing.T) {
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(binary, "schema", "-format=dbt").Output()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Version int
		Sources []struct {
			Name   string
			Tables []struct {
				Name    string
				Config  struct{ Meta map[string]any }
				Columns []struct {
					Name, Description string
					DataType          string   `yaml:"data_type"`
					DataTests         []string `yaml:"data_tests"`
					Config            struct{ Meta map[string]any }
				}
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if file.Version != 2 || len(file.Sources) != 1 || len(file.Sources[0].Tables) != 1 {
		t.Fatalf("want one source with one table: %+v", file)
	}
	table := file.Sources[0].Tables[0]
	dir, err := quickstart()
	if err != nil {
		t.Fatal(err)
	}
	location, _ := table.Config.Meta["external_location"].(string)
	path := filepath.Join(dir, location)
	db := openDuckDB(t)
	var described [][]string
	var personal []string
	for _, column := range table.Columns {
		described = append(described, []string{column.Name, strings.ReplaceAll(column.DataType, `"`, "")})
		if column.Config.Meta["personal"] == true {
			personal = append(personal, column.Name)
		}
		if column.Description == "" {
			t.Errorf("%s has no description", column.Name)
		}
		if slices.Contains(column.DataTests, "not_null") {
			expect(t, db, "0", "SELECT count(*) FROM "+from(path)+" WHERE "+column.Name+" IS NULL")
		}
		if slices.Contains(column.DataTests, "unique") {
			expect(t, db, "0", "SELECT count(*) - count(DISTINCT "+column.Name+") FROM "+from(path))
		}
	}
	found := query(t, db, `SELECT column_name, replace(column_type, '"', '') FROM (DESCRIBE FROM `+from(path)+")")
	if diff := gocmp.Diff(found, described); diff != "" {
		t.Errorf("columns (-DuckDB +dbt):\n%s", diff)
	}
	identify := []string{
		"id", "contact_id", "created_by", "last_sent_subject", "last_sent_message_preview", "last_replied_subject",
		"last_replied_message_preview", "users", "opportunities", "contact", "extra",
	}
	if diff := gocmp.Diff(identify, personal); diff != "" {
		t.Errorf("personal columns (-expected +dbt):\n%s", diff)
	}
	if ids := table.Columns[0]; ids.Name != "id" || !slices.Equal(ids.DataTests, []string{"unique", "not_null"}) {
		t.Errorf("the first column: %+v", ids)
	}
}
