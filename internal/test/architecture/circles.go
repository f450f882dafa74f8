package architecture

import "go/ast"

// Circles are the references between files of one package, "FILE -> FILE",
// that run in a circle: the file that is referred to leads back. Methods are not
// followed. They are a measure, not a rule.
func (t *Tree) Circles(folder string) []string {
	refers := map[string]map[string]bool{}
	declared := map[string]string{}
	var files []*File
	for _, file := range t.Product() {
		if file.Package == folder && !file.Generated && !constrained(file) {
			files = append(files, file)
			for name := range file.syntax.Scope.Objects {
				declared[name] = file.Path
			}
		}
	}
	for _, file := range files {
		refers[file.Path] = map[string]bool{}
		keys := keysOf(file.syntax)
		for _, used := range file.syntax.Unresolved { // what this file does not declare
			if at := declared[used.Name]; at != "" && !keys[used] {
				refers[file.Path][at] = true
			}
		}
	}
	var found []string
	for from, tos := range refers {
		for to := range tos {
			if leads(refers, to, from) {
				found = append(found, from+" -> "+to)
			}
		}
	}
	return sorted(found)
}

// keysOf are the names of fields in composite literals, which may look like names of
// the package.
func keysOf(syntax *ast.File) map[*ast.Ident]bool {
	keys := map[*ast.Ident]bool{}
	ast.Inspect(syntax, func(node ast.Node) bool {
		if pair, ok := node.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				keys[key] = true
			}
		}
		return true
	})
	return keys
}

func leads(refers map[string]map[string]bool, from, to string) bool {
	seen := map[string]bool{from: true}
	for next := []string{from}; len(next) > 0; next = next[1:] {
		if next[0] == to {
			return true
		}
		for file := range refers[next[0]] {
			if !seen[file] {
				seen[file] = true
				next = append(next, file)
			}
		}
	}
	return false
}
