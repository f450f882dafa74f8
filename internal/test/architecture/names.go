package architecture

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/lemexport/lemexport/schema"
)

// names are the tables and columns that code outside of schema and
// exporter/lemlist must not name.
type names struct {
	// words are found anywhere in a text: names with an underscore.
	words *regexp.Regexp
	// whole are found when they are the whole text: names of more than 5 letters.
	whole []string
	// short are found only where code asks for a column, because they mean other
	// things elsewhere.
	short []string
}

func namesOf(tables []*schema.Table) names {
	var found names
	var words []string
	add := func(name string) {
		switch {
		case strings.Contains(name, "_"):
			words = append(words, regexp.QuoteMeta(name))
		case len(name) > 5:
			found.whole = append(found.whole, name)
		default:
			found.short = append(found.short, name)
		}
	}
	for _, table := range tables {
		add(table.Name)
		for _, column := range table.Columns {
			add(column.Name)
		}
	}
	found.words = regexp.MustCompile(`\b(` + strings.Join(words, "|") + `)\b`)
	return found
}

// in are the names in a text. asked says that the code asks for a column with it.
func (n names) in(text string, asked bool) []string {
	found := n.words.FindAllString(text, -1)
	if slices.Contains(n.whole, text) || asked && slices.Contains(n.short, text) {
		found = append(found, text)
	}
	return found
}

// Names are the places of the program outside of schema and exporter/lemlist that
// name a table or a column: "name PACKAGE NAME". These count:
//
//   - a name with an underscore anywhere in a string literal or in an embedded page;
//   - a name of more than 5 letters that is a whole string literal;
//   - any name that is the argument of a call of Column or Find, in any spelling.
//
// The tags of structs and generated code do not count: a key of JSON is not a column.
func (t *Tree) Names() []string {
	var found []string
	wanted := namesOf(schema.Tables())
	for _, file := range t.namedIn(wanted) {
		found = append(found, fmt.Sprintf("name %s %s", file.Package, file.Name))
	}
	return sorted(found)
}

// Naming are the files in which the names of Names stand.
func (t *Tree) Naming() []string {
	var found []string
	for _, file := range t.namedIn(namesOf(schema.Tables())) {
		found = append(found, file.Path)
	}
	return sorted(found)
}

// naming is a name in a file.
type naming struct{ Path, Package, Name string }

func (t *Tree) namedIn(wanted names) []naming {
	var found []naming
	for _, file := range t.Product() {
		if file.Generated || file.Package == "schema" || matches("schema/...", file.Package) || matches("exporter/lemlist/...", file.Package) {
			continue
		}
		for _, name := range wanted.inFile(file.syntax) {
			found = append(found, naming{file.Path, file.Package, name})
		}
	}
	for _, page := range t.Pages {
		for _, name := range wanted.words.FindAllString(page.Text, -1) {
			found = append(found, naming{page.Path, page.Path, name})
		}
	}
	return found
}

func (n names) inFile(syntax *ast.File) []string {
	var found []string
	asked := map[*ast.BasicLit]bool{}
	ignored := map[*ast.BasicLit]bool{}
	ast.Inspect(syntax, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if node.Tag != nil {
				ignored[node.Tag] = true
			}
		case *ast.CallExpr:
			if !asksForColumn(node.Fun) {
				break
			}
			for _, argument := range node.Args {
				if literal, ok := argument.(*ast.BasicLit); ok {
					asked[literal] = true
				}
			}
		case *ast.BasicLit:
			if node.Kind != token.STRING || ignored[node] {
				break
			}
			if text, err := strconv.Unquote(node.Value); err == nil {
				found = append(found, n.in(text, asked[node])...)
			}
		}
		return true
	})
	return found
}

// asksForColumn says that a call takes the name of a column: table.Column(name),
// table.Find(name), column[T](record, name).
func asksForColumn(called ast.Expr) bool {
	switch called := called.(type) {
	case *ast.IndexExpr:
		return asksForColumn(called.X)
	case *ast.SelectorExpr:
		return asksForColumn(called.Sel)
	case *ast.Ident:
		return strings.EqualFold(called.Name, "column") || strings.EqualFold(called.Name, "find")
	}
	return false
}
