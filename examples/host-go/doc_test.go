package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program in docs/plugin.md is built as a module of its own and gives the
// output that stands below it.
func TestTheProgramInTheDocumentation(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("..", "..", "docs", "plugin.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(document), "```go\n")
	program, rest, ended := strings.Cut(rest, "```\n")
	_, rest, shown := strings.Cut(rest, "```\n")
	want, _, closed := strings.Cut(rest, "```\n")
	if !found || !ended || !shown || !closed {
		t.Fatal("docs/plugin.md has no program with its output")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	module := "module example.com/count\n\ngo 1.26.0\n\nrequire github.com/lemexport/lemexport v0.0.0\n\nreplace github.com/lemexport/lemexport => " + root + "\n"
	for name, body := range map[string]string{"main.go": program, "go.mod": module, "go.sum": string(sums)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range [][]string{{"go", "mod", "tidy"}, {"go", "build", "-o", "count", "."}} {
		build := exec.CommandContext(t.Context(), command[0], command[1:]...)
		build.Dir = dir
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", command, err, out)
		}
	}
	got, err := exec.CommandContext(t.Context(), filepath.Join(dir, "count"), binary(t)).Output()
	if err != nil || string(got) != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
