package config

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

const (
	// maxWork bounds the evaluation of a configuration: the bytes and elements of
	// every value on the way. One of 64 KiB that is written out needs a tenth.
	maxWork = 16 << 20
	// valueWork is what a value counts beside its text.
	valueWork = 64
	// maxDigits is more than any number of a configuration has, and longer than a
	// text that may be read as one: 1e999999999 is twelve bytes, and a gigabyte
	// when it is written out.
	maxDigits = 400
)

// meter counts the work of evaluating a configuration. A few lines can take more memory
// than any machine has: nested calls of replace, loops in loops, lists of which each
// holds the one before twice.
type meter struct {
	left int
	over bool
	// place is the expression that exceeded the limit.
	place place
	// stop ends an evaluation. All expressions share it, because a loop adds it for each element.
	stop hcl.Diagnostics
}

func newMeter() *meter {
	return &meter{left: maxWork, stop: hcl.Diagnostics{{Severity: hcl.DiagError, Summary: tooMuchWork}}}
}

// teamWork is what the values of one team may take beside maxWork.
const teamWork = 16 << 10

// grow makes room for the values of one more team.
func (m *meter) grow() { m.left += teamWork }

// take counts work; it returns false when the limit is exceeded.
func (m *meter) take(work int) bool {
	if work < 0 || work > m.left {
		m.over = true
	}
	m.left -= min(max(work, 0), m.left)
	return !m.over
}

// weigh counts a value and what is in it; the same part twice counts twice, as it
// does for all that walk it. It stops where most is exceeded.
func weigh(value cty.Value, most int) int {
	value, _ = value.Unmark()
	work := valueWork
	if !value.IsKnown() || value.IsNull() {
		return work
	}
	switch kind := value.Type(); {
	case kind == cty.String:
		text := value.AsString()
		if len(text) > maxDigits && isNumeric(text) {
			return most + 1 // takes quadratic time to become a number
		}
		work += len(text)
	case kind == cty.Number:
		number := value.AsBigFloat()
		if exponent := number.MantExp(nil); number.IsInf() || exponent > 3*maxDigits || exponent < -3*maxDigits {
			return most + 1
		}
		work += maxDigits
	case kind.IsObjectType():
		for name := range kind.AttributeTypes() {
			if work += len(name) + weigh(value.GetAttr(name), most-work); work > most {
				return work
			}
		}
	case value.CanIterateElements():
		for it := value.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if key.Type() == cty.String {
				work += len(key.AsString())
			}
			if work += weigh(element, most-work); work > most {
				return work
			}
		}
	}
	return work
}

// isNumeric reports whether a text may be read as a number.
func isNumeric(text string) bool { return strings.Trim(text, "0123456789.eE+-") == "" }

// metered counts the value of an expression. It stands in its place in the tree.
type metered struct {
	hclsyntax.Expression
	meter *meter
	// marks changes where the marks of the value are; nil leaves them.
	marks func(cty.Value) cty.Value
}

// Value implements hclsyntax.Expression.
func (e metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if e.meter.over {
		return cty.DynamicVal, e.meter.stop
	}
	value, diags := e.Expression.Value(ctx)
	if e.marks != nil && !diags.HasErrors() {
		return e.marks(value), diags // the expression in it is counted
	}
	if !e.meter.over && !diags.HasErrors() {
		if isReference(e.Expression) {
			e.meter.take(valueWork) // the value is counted where it is made
		} else {
			e.meter.take(weigh(value, e.meter.left))
		}
	}
	if e.meter.over {
		if e.meter.place.file == nil {
			e.meter.place = inFile(e.Range())
		}
		return cty.DynamicVal, e.meter.stop
	}
	return value, diags
}

// isReference reports whether an expression is a variable, a local or a part of one.
func isReference(expr hclsyntax.Expression) bool {
	name, ok := expr.(*hclsyntax.ScopeTraversalExpr)
	return ok && (name.Traversal.RootName() == varName || name.Traversal.RootName() == localName)
}

const tooMuchWork = "Expression takes too much memory"

// measure wraps every expression of a tree, so that its value is counted.
func (m *meter) measure(expr hclsyntax.Expression) hclsyntax.Expression {
	node := reflect.ValueOf(expr)
	if node.Kind() != reflect.Pointer || node.Elem().Kind() != reflect.Struct {
		return metered{Expression: expr, meter: m}
	}
	if key, ok := expr.(*hclsyntax.ObjectConsKeyExpr); ok && hcl.ExprAsKeyword(key.Wrapped) != "" {
		return metered{Expression: expr, meter: m} // it looks at the expression itself
	}
	m.replace(node.Elem())
	return metered{Expression: expr, meter: m}
}

// replace measures the expressions in the fields of a node.
func (m *meter) replace(node reflect.Value) {
	for info, field := range node.Fields() {
		if !field.CanSet() {
			continue
		}
		switch held := field.Interface().(type) {
		case []hclsyntax.ObjectConsItem:
			for i := range held {
				held[i].KeyExpr, held[i].ValueExpr = m.measure(held[i].KeyExpr), m.measure(held[i].ValueExpr)
			}
		case []hclsyntax.Expression:
			for i := range held {
				held[i] = m.measure(held[i])
			}
		case hclsyntax.Expression:
			if field.Type() == reflect.TypeFor[hclsyntax.Expression]() {
				measured := m.measure(held)
				if marks := marksOf(info.Name); marks != nil {
					measured = metered{Expression: measured, meter: m, marks: marks}
				}
				field.Set(reflect.ValueOf(measured))
			}
		}
	}
}

// tooMuch reports, once for a configuration, that it exceeds the limit. The values that
// were not evaluated are unknown, so that nothing else is reported.
func (m *meter) tooMuch(report *report, at place, address string) {
	if m.place.file != nil {
		at = m.place
	}
	report.broken = true
	report.fail(at, address, tooMuchWork,
		fmt.Sprintf("The values of a configuration, with everything that they are computed from, may take %d MiB, and a number may have %d digits. "+
			"This expression exceeds that. Write the value out, or read it from an environment variable with env().", maxWork>>20, maxDigits))
}
