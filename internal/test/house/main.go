// Command house prints the size and the order of the source of a checkout as a
// Markdown table, to compare two states of it:
//
//	go run ./internal/test/house [FOLDER]    # default: the working folder
package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/internal/test/architecture"
)

func main() {
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	tree, err := architecture.Read(root)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(table(tree))
}

// table is what house prints of a checkout. The program is what the binary is built
// from, without generated code; everything else is tests and their tools.
func table(tree *architecture.Tree) string {
	program := slices.DeleteFunc(tree.Product(), func(f *architecture.File) bool { return f.Generated })
	tests := slices.DeleteFunc(slices.Clone(tree.Files), func(f *architecture.File) bool { return f.Generated || slices.Contains(program, f) })
	longest := slices.MaxFunc(program, byLines)
	longestTest := slices.MaxFunc(tests, byLines)
	types, most := tree.Scattered()
	naming := tree.Naming()
	var text strings.Builder
	text.WriteString("| of the program | |\n|---|---|\n" +
		row("packages", len(architecture.Packages(program))) +
		row("files", len(program)) +
		row("lines", lines(program)) +
		row("lines of the median file", median(program)) +
		row("lines of the longest file", fmt.Sprintf("%d, %s", longest.Lines, longest.Path)) +
		row("files of the largest package", largest(program)) +
		row("imports against the direction", len(tree.Imports())) +
		row("references between files of one package that run in a circle", circles(tree, architecture.Packages(program)...)) +
		row("types with methods outside of their file", fmt.Sprintf("%d, one in %d files", types, most)) +
		row("files outside of schema and exporter/lemlist that name a table or a column", len(naming)) +
		row("lines of tests and their tools", lines(tests)) +
		row("files of tests and their tools", fmt.Sprintf("%d, the longest %d lines, %s", len(tests), longestTest.Lines, longestTest.Path)) +
		row("files of more than 400 lines", len(tree.LongFiles())) +
		"\nFiles that name a table or a column:\n\n")
	for _, path := range naming {
		text.WriteString("- " + path + "\n")
	}
	text.WriteString("\n| package | files | lines | median | longest | in circles |\n|---|---|---|---|---|---|\n")
	for _, folder := range architecture.Packages(program) {
		files := of(program, folder)
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d | %d |\n", folder, len(files), lines(files), median(files), slices.MaxFunc(files, byLines).Lines, circles(tree, folder))
	}
	return text.String()
}

func row(what string, number any) string { return fmt.Sprintf("| %s | %v |\n", what, number) }

func circles(tree *architecture.Tree, folders ...string) (sum int) {
	for _, folder := range folders {
		sum += len(tree.Circles(folder))
	}
	return sum
}

func byLines(a, b *architecture.File) int { return cmp.Compare(a.Lines, b.Lines) }

func lines(files []*architecture.File) (sum int) {
	for _, file := range files {
		sum += file.Lines
	}
	return sum
}

func median(files []*architecture.File) int {
	return slices.SortedFunc(slices.Values(files), byLines)[len(files)/2].Lines
}

func of(files []*architecture.File, folder string) []*architecture.File {
	return slices.DeleteFunc(slices.Clone(files), func(f *architecture.File) bool { return f.Package != folder })
}

func largest(files []*architecture.File) string {
	folder := slices.MaxFunc(architecture.Packages(files), func(a, b string) int { return cmp.Compare(len(of(files, a)), len(of(files, b))) })
	return fmt.Sprintf("%d, %s", len(of(files, folder)), folder)
}
