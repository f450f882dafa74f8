package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
	"github.com/lemexport/lemexport/schema"
)

// A host's object means what the source block and the columns block with the same members mean.
func TestHostConfiguration(t *testing.T) {
	const members = `"api_key": "some-key", "endpoint": "http://127.0.0.1:8080/api", "users": ["usr_a"], "retry": {"max_elapsed": "90s"}, "margin": {"settle": "1m"}`
	const columns = `{"exclude": ["contact.full_name"], "hash": ["contact.email"], "hash_key": "` + hashKey + `"}`
	table := schema.Default().Name
	got, diags := config.LoadHost([]byte(`{` + members + `, "full_every": "48h", "columns": {"` + table + `": ` + columns + `}, "simulate": null}`))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	want, diags := config.LoadJSON([]byte(`{"source": {"lemlist": {` + members + `}}, "export": {"` + table + `": {"destination": "out", "columns": ` + columns + `}}}`))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	equal := []cmp.Option{cmp.AllowUnexported(exporter.Secret{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(want.Source, got.Source, equal...); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}
	if len(got.Exports) != len(schema.Tables()) {
		t.Fatalf("%d exports, want one a table", len(got.Exports))
	}
	for _, export := range got.Exports {
		if export.Table != table {
			continue
		}
		if diff := cmp.Diff(want.Exports[0].Columns, export.Columns, equal...); diff != "" {
			t.Errorf("columns (-want +got):\n%s", diff)
		}
		if export.FullEvery != 48*time.Hour {
			t.Errorf("full_every is %v", export.FullEvery)
		}
	}
}

func TestHostConfigurationThatIsWrong(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	table := schema.Default().Name
	for name, test := range map[string]struct{ body, path, summary string }{
		"no object":             {`[]`, "", "Not a configuration in JSON"},
		"no JSON":               {`{"api_key": "` + secret + `"`, "", "Not a configuration in JSON"},
		"no key":                {`{}`, "", "Missing api_key"},
		"key of another type":   {`{"api_key": 5}`, "/api_key", "Wrong type"},
		"unknown member":        {`{"api_key": "` + secret + `", "user": ["usr_a"]}`, "/user", `Unknown attribute "user"`},
		"key in another member": {`{"api_key": "` + secret + `", "endpoint": "https://` + secret + `.example"}`, "/endpoint", "API key outside api_key"},
		"unknown table":         {`{"api_key": "` + secret + `", "columns": {"inbox": {}}}`, "/columns/inbox", `Unknown block "inbox"`},
		"columns of no table":   {`{"api_key": "` + secret + `", "columns": {"exclude": ["extra"]}}`, "/columns/exclude", `Unknown attribute "exclude"`},
		"unknown column":        {`{"api_key": "` + secret + `", "columns": {"` + table + `": {"exclude": ["extra", "mail"]}}}`, "/columns/" + table + "/exclude/1", "Unknown column"},
		"weak hash key":         {`{"api_key": "k", "columns": {"` + table + `": {"hash": ["contact.email"], "hash_key": "secret-word"}}}`, "/columns/" + table + "/hash_key", "Weak hash key"},
		"full_every":            {`{"api_key": "k", "full_every": "often"}`, "/full_every", "Invalid duration"},
	} {
		t.Run(name, func(t *testing.T) {
			job, diags := config.LoadHost([]byte(test.body))
			if !diags.HasErrors() {
				t.Fatalf("no error, job %v", job)
			}
			first := diags[0]
			if first.Path != test.path || first.Summary != test.summary || first.Range != nil {
				t.Errorf("got %q at %q, want %q at %q", first.Summary, first.Path, test.summary, test.path)
			}
			for _, one := range diags {
				text := one.Summary + one.Detail + one.Address
				if strings.Contains(text, secret) || strings.Contains(text, "secret-word") || strings.Contains(one.Address, "source") || strings.HasPrefix(one.Address, ".") {
					t.Errorf("the diagnostic is %+v", one)
				}
			}
		})
	}
}
