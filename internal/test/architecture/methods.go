package architecture

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/token"
	"io"
	"path"
	"slices"
	"strings"
)

// mostLines is how long a file may be.
const mostLines = 400

// LongFiles are the Go files that have too many lines: "long FILE".
func (t *Tree) LongFiles() []string {
	var found []string
	for _, file := range t.Files {
		if !file.Generated && file.Lines > mostLines {
			found = append(found, "long "+file.Path)
		}
	}
	return sorted(found)
}

// Methods are the types of the program that have methods in another file than the
// type: "methods PACKAGE.TYPE". A file that is compiled for some systems only may
// hold methods of a type of all of them.
func (t *Tree) Methods() []string {
	var found []string
	for name, files := range t.methodFiles() {
		if len(files) > 1 {
			found = append(found, "methods "+name)
		}
	}
	return sorted(found)
}

// Scattered says how many types have methods in more than one file, and in how many
// files the methods of one type stand at most.
func (t *Tree) Scattered() (types, most int) {
	for _, files := range t.methodFiles() {
		if len(files) > 1 {
			types++
		}
		most = max(most, len(files))
	}
	return types, most
}

// methodFiles are the files in which each type and its methods stand.
func (t *Tree) methodFiles() map[string][]string {
	declared := map[string][]string{}
	note := func(file *File, name string) {
		if name = file.Package + "." + name; !slices.Contains(declared[name], file.Path) {
			declared[name] = append(declared[name], file.Path)
		}
	}
	for _, file := range t.Product() {
		if file.Generated || constrained(file) {
			continue
		}
		for _, declaration := range file.syntax.Decls {
			switch declaration := declaration.(type) {
			case *ast.GenDecl:
				for _, spec := range declaration.Specs {
					if declaration.Tok == token.TYPE {
						note(file, spec.(*ast.TypeSpec).Name.Name)
					}
				}
			case *ast.FuncDecl:
				if declaration.Recv != nil {
					note(file, receiver(declaration.Recv.List[0].Type))
				}
			}
		}
	}
	return declared
}

func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.IndexListExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	}
	panic(fmt.Sprintf("no receiver: %T", of))
}

// constrained reports whether a file is compiled for some systems only: its name or a
// line of it says so.
func constrained(file *File) bool {
	everywhere := build.Context{OpenFile: func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p")), nil
	}}
	if match, err := everywhere.MatchFile("", path.Base(file.Path)); err != nil || !match {
		return true
	}
	for _, group := range file.syntax.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.syntax.Package && constraint.IsGoBuild(comment.Text) {
				return true
			}
		}
	}
	return false
}
