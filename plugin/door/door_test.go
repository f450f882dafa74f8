package door_test

import (
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/plugin/door"
	"github.com/lemexport/lemexport/schema"
)

func TestConfigErrorNamesTheFileAndThePlace(t *testing.T) {
	const secret = "q7w8e9r0t1y2u3i4"
	for body, want := range map[string]string{
		`{"api_key": "` + secret + `", "users": 5}`:                        "invalid configuration in conf.json at /users: Wrong type",
		`{"api_key": "` + secret + `", "users": 5, "endpoint": "` + secret: "invalid configuration in conf.json at /endpoint: Not a configuration in JSON",
		`{"user": 1, "columns": {"nosuch": {}}}`:                           `invalid configuration in conf.json at /user: Unknown attribute "user" (and 2 more)`,
	} {
		_, _, err := door.LoadConfig(config.LoadHost, door.File{Name: "conf.json", Bytes: []byte(body)})
		if err == nil || err.Error() != want || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
		if found, ok := errors.AsType[exporter.Diagnostics](err); !ok || !strings.HasPrefix(found[0].Address, "conf.json") {
			t.Errorf("%s: no findings in %#v", body, err)
		}
	}
}

// The schema has what the loader takes, and nothing else.
func TestConfigSchemaIsTheLoaders(t *testing.T) {
	type object struct {
		Properties map[string]object `json:"properties"`
	}
	var described object
	if err := json.Unmarshal([]byte(door.ConfigSchema()), &described); err != nil {
		t.Fatal(err)
	}
	takes := func(body string) []string {
		_, found := config.LoadHost([]byte(body))
		for _, one := range found {
			if _, list, ok := strings.Cut(one.Detail, "block takes "); ok {
				names := regexp.MustCompile(`[a-z_]+`).FindAllString(strings.Split(list, ".")[0], -1)
				names = slices.DeleteFunc(names, func(word string) bool { return slices.Contains([]string{"and", "or", "the", "block", "blocks"}, word) })
				slices.Sort(names)
				return names
			}
		}
		t.Fatalf("%s is accepted: %v", body, found)
		return nil
	}
	if diff := cmp.Diff(takes(`{"zzzzzzzz": 1}`), slices.Sorted(maps.Keys(described.Properties))); diff != "" {
		t.Errorf("members (-loader +schema):\n%s", diff)
	}
	for _, block := range []string{"retry", "margin", "simulate"} {
		if diff := cmp.Diff(takes(`{"`+block+`": {"zzzzzzzz": 1}}`), slices.Sorted(maps.Keys(described.Properties[block].Properties))); diff != "" {
			t.Errorf("%s (-loader +schema):\n%s", block, diff)
		}
	}
}

func TestChoose(t *testing.T) {
	table := schema.Default().Name
	job := exporter.Job{Exports: []exporter.Export{{Table: "another"}, {Table: table, FullEvery: 5, Columns: exporter.Columns{
		Selection: schema.Selection{Exclude: []string{"extra"}, Hash: []string{"contact.email", "contact.full_name"}},
	}}}}
	choice, err := door.Choose(job, table, "id", "contact.email", "extra")
	if err != nil {
		t.Fatal(err)
	}
	if len(choice.Job.Exports) != 1 || choice.Job.Exports[0].FullEvery != 5 {
		t.Errorf("exports %+v", choice.Job.Exports)
	}
	want := schema.Selection{Exclude: []string{"contact.email", "extra"}, Hash: []string{"contact.full_name"}}
	if diff := cmp.Diff(want, choice.Job.Exports[0].Columns.Selection); diff != "" {
		t.Errorf("selection (-want +got):\n%s", diff)
	}
	if names := choice.Table.Names(); slices.Contains(names, "extra") || !slices.Contains(names, "id") {
		t.Errorf("columns %v", names)
	}
	if selection := job.Exports[1].Columns.Selection; len(selection.Exclude) != 1 || len(selection.Hash) != 2 {
		t.Errorf("the job has changed: %v", selection)
	}
	if _, err := door.Choose(job, "nosuch"); err == nil || err.Error() != `unknown stream "nosuch"` || !strings.Contains(exporter.Hint(err), table) {
		t.Errorf("an unknown table: %v", err)
	}
}
