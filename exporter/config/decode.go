package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/lemexport/lemexport/exporter"
)

// The parser recurses, so what it is given is bounded.
const (
	maxFileSize  = 64 << 10 // bytes
	maxNesting   = 100      // brackets, quotes and heredocs inside one another
	maxOperators = 1000     // in a file; each may be a level of recursion
)

// decode parses the files and evaluates their expressions.
func decode(files []File, known map[string]function.Function, report *report) []*block {
	meter := newMeter()
	d := decoder{report: report, functions: meteredFunctions(known, meter), meter: meter}
	var blocks []*block
	for _, file := range files {
		body := parse(file, report)
		if body == nil {
			continue
		}
		for _, a := range byPosition(body.Attributes) {
			report.fail(inFile(a.NameRange), a.Name, fmt.Sprintf("Attribute %q outside a block", a.Name),
				"Attributes belong inside a source or an export block. Move it there."+blockHint(a.Name, topBlocks()))
		}
		for _, b := range body.Blocks {
			blocks = append(blocks, d.block(b, ""))
		}
	}
	return blocks
}

// parse returns the body of a file, or nil when its syntax is wrong.
func parse(file File, report *report) *hclsyntax.Body {
	if problem := tooBig(file); problem != nil {
		report.found = append(report.found, *problem)
		report.broken = true
		return nil
	}
	parsed, diags := hclsyntax.ParseConfig(file.Bytes, file.Name, hcl.InitialPos)
	for _, diag := range diags {
		hclReport{report}.syntax(diag)
	}
	if diags.HasErrors() {
		report.broken = true
		return nil
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	return body
}

// tooBig guards the parser.
func tooBig(file File) *exporter.Diagnostic {
	if len(file.Bytes) > maxFileSize {
		return &exporter.Diagnostic{
			Severity: exporter.SeverityError,
			Summary:  "Configuration file is too large",
			Detail:   fmt.Sprintf("%s has %d bytes, the limit is %d. Is it a configuration file?", file.Name, len(file.Bytes), maxFileSize),
		}
	}
	tokens, _ := hclsyntax.LexConfig(file.Bytes, file.Name, hcl.InitialPos)
	depth, operators := 0, 0
	for _, token := range tokens {
		if depth += nesting(token.Type); depth > maxNesting {
			return &exporter.Diagnostic{
				Severity: exporter.SeverityError,
				Summary:  "Nested too deeply",
				Detail:   fmt.Sprintf("More than %d brackets or quotes are open here. Close them, or nest less deeply.", maxNesting),
				Range:    inFile(token.Range).file,
			}
		}
		if isOperator(token.Type) {
			operators++
		}
		if operators > maxOperators {
			return &exporter.Diagnostic{
				Severity: exporter.SeverityError,
				Summary:  "Too many operators",
				Detail:   fmt.Sprintf("A configuration file may contain at most %d operators. Write the values out.", maxOperators),
				Range:    inFile(token.Range).file,
			}
		}
	}
	return nil
}

func isOperator(t hclsyntax.TokenType) bool {
	return strings.ContainsRune("!?-+*/%<>≤≥≔≠∧∨.", rune(t)) // token types are such runes
}

// decoder makes the tree of one load.
type decoder struct {
	report    *report
	functions map[string]function.Function
	meter     *meter
}

func (d *decoder) block(b *hclsyntax.Block, parent string) *block {
	decoded := &block{kind: b.Type, at: inFile(hcl.RangeBetween(b.TypeRange, b.DefRange()))}
	for i, text := range b.Labels {
		decoded.labels = append(decoded.labels, label{text: text, at: inFile(b.LabelRanges[i])})
	}
	decoded.address = blockAddress(parent, b.Type, decoded.labels)
	if !d.fits(decoded.at, decoded.address) {
		return decoded
	}
	for _, a := range byPosition(b.Body.Attributes) {
		decoded.attributes = append(decoded.attributes, d.attribute(a, decoded.address+"."+a.Name))
	}
	for _, nested := range b.Body.Blocks {
		decoded.blocks = append(decoded.blocks, d.block(nested, decoded.address))
	}
	return decoded
}

func (d *decoder) attribute(a *hclsyntax.Attribute, address string) *attribute {
	decoded := &attribute{
		name: a.Name, address: address,
		nameAt: inFile(a.NameRange), at: inFile(a.Expr.Range()),
	}
	if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, item := range tuple.Exprs {
			decoded.items = append(decoded.items, inFile(item.Range()))
		}
	}
	decoded.value, decoded.failed = d.evaluate(a.Expr, decoded)
	return decoded
}

// fits counts an address, which holds those of all blocks around it.
func (d *decoder) fits(at place, address string) bool {
	if d.meter.over {
		return false
	}
	if d.meter.take(len(address)) {
		return true
	}
	d.meter.tooMuch(d.report, at, "")
	return false
}

// evaluate gives the value of an expression; what is wrong with it is reported.
func (d *decoder) evaluate(expr hclsyntax.Expression, a *attribute) (value cty.Value, failed bool) {
	if names := expr.Variables(); len(names) > 0 {
		for _, name := range names {
			hclReport{d.report}.unquoted(name, a)
		}
		return cty.NilVal, true
	}
	if !d.fits(a.at, a.address) {
		return cty.NilVal, true
	}
	secret := usesEnv(expr) // measuring changes the tree
	value, diags := d.meter.measure(expr).Value(&hcl.EvalContext{Functions: d.functions})
	if d.meter.over {
		d.meter.tooMuch(d.report, a.at, a.address)
		return cty.NilVal, true
	}
	for _, diag := range diags {
		hclReport{d.report}.evaluation(diag, a, d.functions, secret)
	}
	if diags.HasErrors() {
		return cty.NilVal, true
	}
	if !value.IsWhollyKnown() {
		d.report.fail(a.at, a.address, "Value is not known", "The value of this expression cannot be known before the export runs. Write it out.")
		return cty.NilVal, true
	}
	return value, false
}

// usesEnv reports whether env() is called anywhere in expr.
func usesEnv(expr hclsyntax.Expression) bool {
	found := false
	_ = hclsyntax.VisitAll(expr, func(node hclsyntax.Node) hcl.Diagnostics {
		if call, ok := node.(*hclsyntax.FunctionCallExpr); ok && call.Name == "env" {
			found = true
		}
		return nil
	})
	return found
}

// byPosition gives attributes an order; HCL keeps them in a map.
func byPosition(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	ordered := make([]*hclsyntax.Attribute, 0, len(attributes))
	for _, a := range attributes {
		ordered = append(ordered, a)
	}
	slices.SortFunc(ordered, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return ordered
}
