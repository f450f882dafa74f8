package architecture

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var prune = flag.Bool("prune", false, "remove exceptions that no longer occur from testdata/exceptions.txt")

// exceptions are the violations that are known, one a line.
const exceptions = "testdata/exceptions.txt"

// A violation that is not in the list is an error, and so is a line of the list that
// no longer occurs: the list only gets shorter.
func TestTheHouse(t *testing.T) {
	tree, err := Read(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(exceptions)
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(text) == 0 {
		known = nil
	}
	contributing, err := os.ReadFile(filepath.Join("..", "..", "..", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := slices.Concat(tree.Imports(), tree.LongFiles(), tree.Mentions(string(contributing)), tree.Methods(), tree.Names())
	for _, violation := range found {
		if !slices.Contains(known, violation) {
			t.Errorf("%s: %s", violation, rules[strings.Fields(violation)[0]])
		}
	}
	left := slices.DeleteFunc(slices.Clone(known), func(line string) bool { return !slices.Contains(found, line) })
	if *prune {
		if err := os.WriteFile(exceptions, []byte(strings.Join(append(left, ""), "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, line := range known {
		if !slices.Contains(left, line) {
			t.Errorf("%q is in %s and no longer occurs: remove it (go test ./internal/test/architecture -prune)", line, exceptions)
		}
	}
}

var rules = map[string]string{
	"import":  "imports point one way; the table is in imports.go",
	"long":    "a file has 400 lines at most",
	"mention": "a text names a file that is there",
	"methods": "methods stand in the file of their type",
	"name":    "only schema and exporter/lemlist name tables and columns; ask the table for the column of a role",
}

// The rules find what they are for.
func TestTheRules(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"main.go":             "package main\nimport (\n_ \"" + Module + "/exporter/parquet\"\n_ \"" + Module + "/plugin\"\n_ \"" + Module + "/schema\"\n)\n",
		"plugin/a.go":         "package plugin\nimport _ \"" + Module + "/exporter/store\"\ntype A struct{}\n",
		"plugin/doc.go":       "// Package plugin is in a.go and gone.go.\npackage plugin\n",
		"plugin/b.go":         "package plugin\nfunc (*A) Method() {}\n",
		"plugin/b_unix.go":    "//go:build unix\n\npackage plugin\ntype B struct{}\n",
		"plugin/b_other.go":   "//go:build !unix\n\npackage plugin\ntype B struct{}\n",
		"plugin/c.go":         "package plugin\ntype C struct{}\n",
		"plugin/c_unix.go":    "//go:build unix\n\npackage plugin\nfunc (C) Method() {}\n",
		"plugin/c_windows.go": "package plugin\nfunc (C) Method() {}\n",
		"plugin/page.html":    "<p>fetched_at",
		"schema/a.go":         "package schema\nconst a = b\n",
		"schema/b.go":         "package schema\nvar b, c = struct{ a int }{a: 1}, d\n",
		"schema/d.go":         "package schema\nfunc d() any { return a }\n",
		"schema/e.go":         "package schema\nvar e = a\n",
		"plugin/a_test.go":    "package plugin\nconst test = \"fetched_at\"\n",
		"exporter/parquet/a.go": "package parquet\nimport _ \"" + Module + "/exporter/store\"\n" + `
			type tagged struct { ID string ` + "`json:\"team_id\"`" + ` }
			var text, whole, other, short = "SELECT is_your_turn FROM t", "channels", "channels of", "users"
			var asked = t.Column("users")
		`,
		"exporter/store/a.go":  "package store\n" + strings.Repeat("\n", 400),
		"internal/unused/a.go": "package unused\nconst unused = \"fetched_at\"\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"import exporter/parquet -> exporter/store",
		"import plugin -> exporter/store",
		"long exporter/store/a.go",
		"mention CONTRIBUTING.md exporter/store/gone.go",
		"mention CONTRIBUTING.md lost.go",
		"mention plugin/doc.go gone.go",
		"methods plugin.A",
		"name exporter/parquet channels",
		"name exporter/parquet is_your_turn",
		"name exporter/parquet users",
		"name plugin/page.html fetched_at",
	}
	const contributing = "`plugin/a.go`, then `b.go`; `exporter/store/a.go`, `exporter/store/gone.go` and `lost.go`; `human_*.go`, `go test a.go`"
	if got := slices.Concat(tree.Imports(), tree.LongFiles(), tree.Mentions(contributing), tree.Methods(), tree.Names()); !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	circle := []string{"schema/a.go -> schema/b.go", "schema/b.go -> schema/d.go", "schema/d.go -> schema/a.go"}
	if got := tree.Circles("schema"); !slices.Equal(got, circle) {
		t.Errorf("in a circle are %q, want %q", got, circle)
	}
}
