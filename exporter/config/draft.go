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
	// typed is the type of a variable; nil when it has none.
	typed *declaredType
}

// expression is an attribute whose value is computed for each team, or once for all.
type expression struct {
	attribute
	expr      hclsyntax.Expression
	functions map[string]function.Function
	// outside says that values from outside the file are in it.
	outside bool
	// refers are the variables and locals that it refers to.
	refers []reference
	// teamValue is where it uses each.value.
	teamValue []place
	// once is the value for all teams, when it has been computed.
	once *attribute
}

// reference is where an expression refers to a variable or a local.
type reference struct {
	root, name string
	to         *declared
	at         place
}

// eachIn says what each means in an expression.
type eachIn struct {
	// teams says that the value may depend on the team.
	teams bool
	// reported says that it is known why it may not.
	reported bool
}

// references checks the names that an expression refers to.
func (e *expression) references(r hclReport, expr hclsyntax.Expression, names names, each eachIn) {
	for _, name := range expr.Variables() {
		root := name.RootName()
		to := names.find(name)
		switch part, known := eachPart(name); {
		case to != nil:
			e.refers = append(e.refers, reference{root, name[1].(hcl.TraverseAttr).Name, to, inFile(name.SourceRange())})
		case root == varName || root == localName:
			r.unknownName(name, &e.attribute, names)
			e.failed = true
		case root != eachName:
			r.unquoted(name, &e.attribute)
			e.failed = true
		case !each.teams && each.reported:
			e.failed = true
		case !each.teams:
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
