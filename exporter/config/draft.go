package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"
)

// draft is a block of a file, whose values may differ from team to team.
type draft struct {
	header
	expressions []*expression
	drafts      []*draft
}

// expression is an attribute whose value is computed for each team, or once for all.
type expression struct {
	attribute
	expr      hclsyntax.Expression
	functions map[string]function.Function
	// outside says that values from outside the file are in it.
	outside bool
	// teamValue is where it uses each.value.
	teamValue []place
	// once is the value for all teams, when it has been computed.
	once *attribute
}

// references checks the names that an expression refers to.
func (e *expression) references(r hclReport, expr hclsyntax.Expression, teams bool) {
	for _, name := range expr.Variables() {
		switch part, known := eachPart(name); {
		case name.RootName() != eachName:
			r.unquoted(name, &e.attribute)
			e.failed = true
		case !teams:
			r.eachOutside(name, &e.attribute)
			e.failed = true
		case !known:
			r.unknownEach(name, &e.attribute)
			e.failed = true
		default:
			e.perTeam = true
			if part == eachValue {
				e.teamValue = append(e.teamValue, inFile(name.SourceRange()))
			}
		}
	}
}

// expression is the attribute of that name, or nil.
func (b *draft) expression(name string) *expression {
	for _, e := range b.expressions {
		if e.name == name {
			return e
		}
	}
	return nil
}

// take removes and returns the attribute of that name; nil when there is none.
func (b *draft) take(name string) *expression {
	for i, e := range b.expressions {
		if e.name == name {
			b.expressions = append(b.expressions[:i:i], b.expressions[i+1:]...)
			return e
		}
	}
	return nil
}

// comesFromOutside reports whether an expression has a value from outside of its file.
func comesFromOutside(expr hclsyntax.Expression) bool {
	found := len(expr.Variables()) > 0
	_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		if call, ok := node.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "env" || call.Name == "file") {
			found = true
		}
		return nil
	})
	return found
}
