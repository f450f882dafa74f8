package config_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/lemexport/lemexport/exporter/config"
)

// Formatting twice is formatting once, and what had no syntax error has none after.
func FuzzFormat(f *testing.F) {
	f.Add("source   \"lemlist\"   {\napi_key=env( \"A\" )\n   users=[\n\"a\",\n  \"b\"]\n}")
	f.Add("a = 1 # x\r\nbb = <<EOT\r\n x\r\nEOT\r\n")
	f.Add("\ufeffa = \"${ b }\"")
	f.Add("a = {\n b = [ # x\n 1 ] }\n\n\n")
	f.Fuzz(func(t *testing.T, input string) {
		once, diags := config.Format([]byte(input), "main.hcl")
		if diags.HasErrors() {
			if once != nil {
				t.Errorf("formatted in spite of %v", diags)
			}
			return
		}
		twice, diags := config.Format(once, "main.hcl")
		if diags.HasErrors() || !bytes.Equal(once, twice) {
			t.Errorf("%q, then %q (%v)", once, twice, diags)
		}
	})
}

func TestFormat(t *testing.T) {
	tests := map[string]struct{ input, want string }{
		"indents and aligns":         {"source \"lemlist\" {\napi_key=env( \"A\" )\n users = []\n}\n", "source \"lemlist\" {\n  api_key = env(\"A\")\n  users   = []\n}\n"},
		"ends with a line break":     {"a = 1", "a = 1\n"},
		"keeps comments":             {"# x\na = 1 # y\n", "# x\na = 1 # y\n"},
		"leaves an empty file empty": {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, diags := config.Format([]byte(test.input), "main.hcl")
			if string(got) != test.want || len(diags) > 0 {
				t.Errorf("got %q, want %q (%v)", got, test.want, diags)
			}
		})
	}
}

func TestFormatReportsSyntaxErrors(t *testing.T) {
	got, diags := config.Format([]byte("a = {\n"), "main.hcl")
	if got != nil || !diags.HasErrors() || diags[0].Range.Filename != "main.hcl" || diags[0].Snippet == nil {
		t.Errorf("got %q, %+v", got, diags)
	}
}

func TestFormatKeepsTheMeaning(t *testing.T) {
	for _, path := range cases(t) {
		files := readCase(t, path)
		job, diags := load(files...)
		if diags.HasErrors() {
			continue
		}
		for i, file := range files {
			formatted, diags := config.Format(file.Bytes, file.Name)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			files[i].Bytes = formatted
		}
		again, diags := load(files...)
		if asJSON(t, job) != asJSON(t, again) || diags.HasErrors() {
			t.Errorf("%s: %s became %s (%v)", path, asJSON(t, job), asJSON(t, again), diags)
		}
	}
}

func TestFormatLeavesACanonicalFileAlone(t *testing.T) {
	content, err := os.ReadFile("testdata/valid-everything-said.hcl")
	if err != nil {
		t.Fatal(err)
	}
	formatted, _ := config.Format(content, "x.hcl")
	if !bytes.Equal(content, formatted) {
		t.Errorf("the canonical file changes:\n%s", formatted)
	}
}
