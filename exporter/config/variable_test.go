package config_test

import (
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/config"
)

const withVariable = `variable "folder" {
  default = "of-the-default"
}
source "lemlist" {
  simulate {}
}
export "inbox_conversations" {
  destination = "./${var.folder}"
}
`

// A flag goes before a file, a file before the environment, and that before the default.
func TestTheSourcesOfAVariableHaveAnOrder(t *testing.T) {
	in := inputs()
	check := func(want string) {
		t.Helper()
		jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(withVariable)}}, in)
		if len(jobs) != 1 || len(diags) > 0 || jobs[0].Exports[0].Destination != "./"+want {
			t.Errorf("got %+v, %v; want %s", jobs, diags, want)
		}
	}
	check("of-the-default")
	in.Env = func(name string) (string, bool) { return "of-the-environment", name == "LEMEXPORT_VAR_folder" }
	check("of-the-environment")
	in.VariableFiles = []config.File{{Name: "a.hcl", Bytes: []byte("folder = \"of-a-file\"\n")}, {Name: "b.hcl", Bytes: []byte("folder = \"of-a-later-file\"\n")}}
	check("of-a-later-file")
	in.Variables = []config.Variable{{Name: "folder", Value: "of-a-flag"}, {Name: "folder", Value: "of-a-later-flag"}}
	check("of-a-later-flag")
}

// What is given to no variable is an error that says where and what was meant.
func TestValuesOfUnknownVariablesAreErrors(t *testing.T) {
	in := inputs()
	in.Variables = []config.Variable{{Name: "foldr", Value: "x"}}
	in.VariableFiles = []config.File{{Name: "prod.hcl", Bytes: []byte("fodler = \"x\"\nblock {}\n")}}
	_, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(withVariable)}}, in)
	text := asJSON(t, diags)
	for _, want := range []string{`Unknown variable \"foldr\"`, `Unknown variable \"fodler\"`, `Did you mean \"folder\"?`, `"filename":"prod.hcl"`, "Block in a file of variables"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in %s", want, text)
		}
	}
}

// A sensitive value is shown nowhere, whatever is wrong with it or around it.
func TestSensitiveVariablesAreNotShown(t *testing.T) {
	const secret = "Hidden-Value-55"
	for _, body := range []string{
		"destination = var.folder", "destination = \"./out\"\n  format = var.folder", "destination = \"./out\"\n  mode = lower(var.folder)",
		"destination = \"./" + secret + "\"", "destination = formatdate(var.folder, var.folder)", "destination = [for x in [var.folder] : x]",
	} {
		text := strings.Replace(strings.Replace(withVariable, "default = ", "sensitive = true\n  default = ", 1), "destination = \"./${var.folder}\"", body, 1)
		in := inputs()
		in.VariableFiles = []config.File{{Name: "prod.hcl", Bytes: []byte("folder = \"" + secret + "\"\nother = 1\n")}}
		jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
		if shown := asJSON(t, jobs) + asJSON(t, diags); !diags.HasErrors() || strings.Contains(strings.ToLower(shown), strings.ToLower(secret)) {
			t.Errorf("%s: %s", body, shown)
		}
	}
}

// Where secrets are optional, what is missing is a warning, what depends on it is not checked,
// and everything else is.
func TestSecretsAreOptional(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		jobs int
		want []string
	}{
		"an environment variable": {"source \"lemlist\" {\n  api_key = trimspace(env(\"UNSET\"))\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n", 1,
			[]string{"Environment variable UNSET is not set"}},
		"an empty variable of the environment": {"source \"lemlist\" {\n  api_key = env(\"EMPTY\")\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n", 1,
			[]string{"is set but empty"}},
		"a file for each team": {agency[:strings.Index(agency, "  for_each")] + "  for_each = [\"acme\", \"gamma\"]\n  api_key = trimspace(file(\"${each.key}.key\"))\n" + agency[strings.Index(agency, "}\nexport"):], 2,
			[]string{"There is no file gamma.key", `This concerns the team \"gamma\"`}},
		"the file of all teams": {agency, 0, []string{"There is no file /run/secrets/lemlist.json"}},
		"a variable":            {"variable \"key\" {}\nsource \"lemlist\" {\n  api_key = var.key\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n", 1, nil},
		"and another mistake":   {"source \"lemlist\" {\n  api_key = env(\"UNSET\")\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n  format = \"csv\"\n}\n", 0, []string{"UNSET", "Unknown format"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputs()
			in.SecretsOptional = true
			jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(test.text)}}, in)
			if len(jobs) != test.jobs || diags.HasErrors() != (name == "and another mistake") {
				t.Errorf("%d jobs, %v", len(jobs), diags)
			}
			text := asJSON(t, diags)
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("%s is not in %s", want, text)
				}
			}
			in.SecretsOptional = false
			if _, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(test.text)}}, in); len(test.want) > 0 && !diags.HasErrors() {
				t.Error("no error where they are required")
			}
		})
	}
}

// Arguments of a process are public: a sensitive value there is used, and is a warning.
func TestASensitiveValueOnTheCommandLineIsAWarning(t *testing.T) {
	const secret = "Hidden-Value-55"
	text := "variable \"key\" {\n  sensitive = true\n}\nsource \"lemlist\" {\n  api_key = var.key\n}\nexport \"inbox_conversations\" {\n  destination = \"./out\"\n}\n"
	in := inputs()
	in.Env = func(name string) (string, bool) { return secret, name == "LEMEXPORT_VAR_key" }
	jobs, diags := config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
	if len(jobs) != 1 || len(diags) > 0 {
		t.Errorf("by the environment: %v", diags)
	}
	in.Variables = []config.Variable{{Name: "key", Value: secret}}
	jobs, diags = config.Load([]config.File{{Name: "main.hcl", Bytes: []byte(text)}}, in)
	if len(jobs) != 1 || jobs[0].Source.APIKey.Reveal() != secret || len(diags) != 1 || diags[0].Severity != exporter.SeverityWarning ||
		diags[0].Summary != "Sensitive value on the command line" || !strings.Contains(diags[0].Detail, "LEMEXPORT_VAR_key") || strings.Contains(asJSON(t, diags), secret) {
		t.Errorf("by -var: %+v", diags)
	}
}
