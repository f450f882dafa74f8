package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// typeAttribute is the attribute of a variable that says its type.
const typeAttribute = "type"

// variableTypes are what a variable can be, as messages name it.
const variableTypes = "string, number, bool, list(string) and map(string), where string may be number or bool"

// declaredType is the type of a variable; the zero one is not declared.
type declaredType struct {
	attribute
	kind cty.Type
}

// readType reads a type, which is no value. It may be in quotes, as it is in JSON.
func readType(report *report, a *hclsyntax.Attribute, address string) declaredType {
	made := declaredType{attribute: attribute{name: a.Name, address: address, nameAt: inFile(a.NameRange), at: inFile(a.Expr.Range())}}
	expr := a.Expr
	if text, diags := expr.Value(nil); !diags.HasErrors() && len(expr.Variables()) == 0 && textOf(text) != "" {
		const longest = 40 // the parser recurses
		if name := textOf(text); len(name) <= longest {
			expr, _ = hclsyntax.ParseExpression([]byte(name), a.NameRange.Filename, a.Expr.Range().Start)
		}
	}
	kind, diags := typeexpr.Type(expr)
	if diags.HasErrors() || !plainType(kind) {
		report.fail(made.at, address, "Invalid type", "The types of variables are "+variableTypes+".")
		made.failed = true
	}
	made.kind = kind
	return made
}

// plainType reports whether a type is a primitive one, or a list or a map of these.
func plainType(kind cty.Type) bool {
	return kind.IsPrimitiveType() || (kind.IsListType() || kind.IsMapType()) && kind.ElementType().IsPrimitiveType()
}

// convert gives a value the type. A text may be JSON.
func (t declaredType) convert(value cty.Value) (cty.Value, bool) {
	if !t.kind.IsPrimitiveType() && !value.IsNull() && value.Type() == cty.String {
		decoded, ok := decodedText(value)
		if !ok {
			return value, false
		}
		value = decoded
	}
	converted, err := convert.Convert(value, t.kind)
	return converted, err == nil
}

// fits reports a default of another type.
func (t declaredType) fits(report *report, fallback *attribute) bool {
	if _, err := convert.Convert(fallback.value, t.kind); err != nil {
		report.fail(fallback.at, fallback.address, "Wrong type", fmt.Sprintf("The default must be of the type %s, not %s.", t, typeName(fallback.bare())))
		return false
	}
	return true
}

// String is the type as a configuration writes it.
func (t declaredType) String() string { return typeexpr.TypeString(t.kind) }

// decodedText is the value of a text in JSON, with the origins of the text.
func decodedText(text cty.Value) (cty.Value, bool) {
	root, wrong := parseValue([]byte(strings.TrimSpace(textOf(text))), newMeter())
	if wrong != nil {
		return text, false
	}
	_, marks := text.Unmark()
	decoded, err := root.marked(marks)
	return decoded, err == nil
}

// isVariableType reports whether an attribute of a block is the type of a variable.
func isVariableType(block *hclsyntax.Block, a *hclsyntax.Attribute) bool {
	return block.Type == variableName && a.Name == typeAttribute
}
