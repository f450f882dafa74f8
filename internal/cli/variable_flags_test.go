package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Values are split at the first equals sign, and keep their order and their commas.
func TestVariableFlags(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"main.hcl": "x", "a.vars": "y"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	flags := variableFlags{values: []string{"a=1,2", "b=x=y", "a="}, files: []string{filepath.Join(folder, "a.vars")}}
	got, err := flags.configuration(folder)
	if err != nil || len(got.Files) != 1 || len(got.VariableFiles) != 1 || string(got.VariableFiles[0].Bytes) != "y" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if want := []Variable{{"a", "1,2"}, {"b", "x=y"}, {"a", ""}}; len(got.Variables) != 3 || got.Variables[0] != want[0] || got.Variables[1] != want[1] || got.Variables[2] != want[2] {
		t.Errorf("got %v", got.Variables)
	}
	for _, wrong := range []variableFlags{{values: []string{"secret"}}, {values: []string{"=secret"}}, {files: []string{filepath.Join(folder, "none.vars")}}} {
		if _, err := wrong.configuration(folder); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
