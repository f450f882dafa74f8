package architecture

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of the main module.
const Module = "github.com/lemexport/lemexport"

// Tree is the source of a checkout. Paths are relative to it and have slashes.
type Tree struct {
	// Files are the Go files of all modules, by path.
	Files []*File
	// Pages are the embedded files of product packages that are not Go files.
	Pages []Page
	// product holds the packages that the program and its Go client are built from.
	product map[string]bool
}

// File is one Go file.
type File struct {
	Path string
	// Package is the folder of the file; the root is ".".
	Package string
	Lines   int
	// Test files are compiled for tests only.
	Test      bool
	Generated bool
	// Imports are the packages of this repository that the file imports, as folders.
	Imports []string

	syntax *ast.File
}

// Page is a file that is compiled into the program as data.
type Page struct{ Path, Text string }

// Read reads the checkout at root.
func Read(root string) (*Tree, error) {
	tree := &Tree{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		relative = filepath.ToSlash(relative)
		if entry.IsDir() {
			hidden := strings.HasPrefix(entry.Name(), ".") && relative != "."
			if hidden || entry.Name() == "testdata" || entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			return nil
		}
		return tree.add(name, relative)
	})
	tree.product = tree.reachable(".", "plugin/client")
	tree.Pages = slices.DeleteFunc(tree.Pages, func(p Page) bool { return !tree.product[path.Dir(p.Path)] })
	return tree, err
}

func (t *Tree) add(name, relative string) error {
	extension := path.Ext(relative)
	if extension != ".go" && extension != ".html" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if extension == ".html" {
		t.Pages = append(t.Pages, Page{relative, string(text)})
		return nil
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), relative, text, parser.ParseComments)
	if err != nil {
		return err
	}
	file := &File{
		Path: relative, Package: path.Dir(relative), Lines: bytes.Count(text, []byte{'\n'}),
		Test: strings.HasSuffix(relative, "_test.go"), Generated: ast.IsGenerated(syntax), syntax: syntax,
	}
	for _, spec := range syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if imported == Module {
			file.Imports = append(file.Imports, ".")
		} else if folder, ours := strings.CutPrefix(imported, Module+"/"); ours {
			file.Imports = append(file.Imports, folder)
		}
	}
	t.Files = append(t.Files, file)
	return nil
}

// Product are the files that the program and its Go client are built from.
func (t *Tree) Product() []*File {
	return slices.DeleteFunc(slices.Clone(t.Files), func(f *File) bool { return f.Test || !t.product[f.Package] })
}

// Packages are the folders of files, in order.
func Packages(files []*File) []string {
	seen := map[string]bool{}
	for _, file := range files {
		seen[file.Package] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// reachable are packages and all that they are built from.
func (t *Tree) reachable(from ...string) map[string]bool {
	imports := map[string][]string{}
	for _, file := range t.Files {
		if !file.Test {
			imports[file.Package] = append(imports[file.Package], file.Imports...)
		}
	}
	seen := map[string]bool{}
	for _, folder := range from {
		seen[folder] = true
	}
	for next := from; len(next) > 0; {
		for _, imported := range imports[next[0]] {
			if !seen[imported] {
				seen[imported] = true
				next = append(next, imported)
			}
		}
		next = next[1:]
	}
	return seen
}
