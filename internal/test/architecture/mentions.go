package architecture

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Mentions are the Go files that a text names and that are not there: the documentation of
// a package names its own files, and CONTRIBUTING.md, text, any in the folder that it has
// named last, or by their whole path.
func (t *Tree) Mentions(text string) []string {
	there := make(map[string]bool, len(t.Files))
	for _, file := range t.Files {
		there[file.Path] = true
	}
	var found []string
	for _, file := range t.Files {
		if doc := file.syntax.Doc; doc != nil {
			for _, name := range goFile.FindAllString(doc.Text(), -1) {
				if !there[path.Join(file.Package, name)] {
					found = append(found, "mention "+file.Path+" "+name)
				}
			}
		}
	}
	folder := ""
	for _, quoted := range regexp.MustCompile("`[^`\n]*`").FindAllString(text, -1) {
		name := strings.Trim(quoted, "`")
		if inside, ok := strings.CutSuffix(name, "/"); ok {
			folder = inside
		}
		if strings.ContainsAny(name, "* ") || path.Ext(name) != ".go" {
			continue
		}
		folder = cmp.Or(strings.TrimSuffix(path.Dir(name), "."), folder)
		if !there[name] && !there[path.Join(folder, path.Base(name))] {
			found = append(found, "mention CONTRIBUTING.md "+name)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// goFile matches the name of a file, without a folder before it.
var goFile = regexp.MustCompile(`\b[a-z][a-z0-9_]*\.go\b`)
