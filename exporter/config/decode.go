package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

// The parser recurses, so what it is given is bounded.
const (
	maxFileSize  = 64 << 10 // bytes
	maxNesting   = 100      // brackets, quotes and heredocs inside one another
	maxOperators = 1000     // in a file; each may be a level of recursion
)

// decoder makes the blocks of one load.
type decoder struct {
	report *report
	inputs Inputs
	files  *dataFiles
	meter  *meter
	// functions are those of the files in a folder.
	functions map[string]map[string]function.Function
	names     names
	// named says that the teams of the configuration have names.
	named bool
	// misplaced says that a for_each, perhaps misspelt, is where it has no effect. Then each has
	// no meaning where it should have one, which is no second mistake.
	misplaced bool
}

func newDecoder(in Inputs, report *report) *decoder {
	return &decoder{
		report: report, inputs: in, meter: newMeter(),
		files:     &dataFiles{read: in.ReadFile, known: make(map[string]dataFile)},
		functions: make(map[string]map[string]function.Function),
		names:     names{variables: make(map[string]*declared), locals: make(map[string]*declared)},
	}
}

// decode parses the files. The blocks that it returns have no values yet.
func (d *decoder) decode(files []File) []*draft {
	var bodies []*hclsyntax.Body
	for _, file := range files {
		if body := parse(file, d.report, false); body != nil {
			bodies = append(bodies, body)
		}
	}
	d.named = slices.ContainsFunc(bodies, hasNamedSource)
	d.misplaced = !slices.ContainsFunc(bodies, hasSource) || slices.ContainsFunc(bodies, hasMisplacedForEach)
	d.names.declare(bodies)
	var drafts []*draft
	for _, body := range bodies {
		for _, a := range byPosition(body.Attributes) {
			d.report.fail(inFile(a.NameRange), a.Name, fmt.Sprintf("Attribute %q outside a block", a.Name),
				"Attributes belong inside a source or an export block. Move it there."+blockHint(a.Name, topBlocks()))
		}
		for _, b := range body.Blocks {
			drafts = append(drafts, d.draft(b, "", d.teamsIn(b)))
		}
	}
	variableReader{d}.read(drafts)
	return drafts
}

// teamsIn reports whether the values of a block may depend on the team.
func (d *decoder) teamsIn(b *hclsyntax.Block) bool {
	switch b.Type {
	case sourceName:
		return b.Body.Attributes[forEachName] != nil
	case exportName:
		return d.named
	default:
		return false
	}
}

// functionsOf are the functions that a file of that name may call.
func (d *decoder) functionsOf(file string) map[string]function.Function {
	folder := filepath.Dir(file)
	if d.functions[folder] == nil {
		d.functions[folder] = meteredFunctions(functions(d.inputs, folder, d.files, d.meter), d.meter)
	}
	return d.functions[folder]
}

// draft prepares a block. teams says that its values may depend on the team.
func (d *decoder) draft(b *hclsyntax.Block, parent string, teams bool) *draft {
	made := &draft{header: header{kind: b.Type, at: inFile(hcl.RangeBetween(b.TypeRange, b.DefRange()))}}
	for i, text := range b.Labels {
		made.labels = append(made.labels, label{text: text, at: inFile(b.LabelRanges[i])})
	}
	made.address = blockAddress(parent, b.Type, made.labels)
	if !d.fits(made.at, made.address) {
		return made
	}
	for _, a := range byPosition(b.Body.Attributes) {
		if parent == "" && isVariableType(b, a) {
			found := readType(d.report, a, made.address+"."+a.Name)
			made.typed = &found
			continue
		}
		shared := parent == "" && (a.Name == forEachName || a.Name == sourceName)
		made.expressions = append(made.expressions, d.expression(a, made.address+"."+a.Name, teams && !shared))
	}
	for _, nested := range b.Body.Blocks {
		made.drafts = append(made.drafts, d.draft(nested, made.address, teams))
	}
	return made
}

func (d *decoder) expression(a *hclsyntax.Attribute, address string, teams bool) *expression {
	made := &expression{
		attribute: attribute{name: a.Name, address: address, nameAt: inFile(a.NameRange), at: inFile(a.Expr.Range())},
		functions: d.functionsOf(a.NameRange.Filename),
		outside:   comesFromOutside(a.Expr),
	}
	if tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr); ok {
		for _, item := range tuple.Exprs {
			made.items = append(made.items, inFile(item.Range()))
		}
	}
	made.references(hclReport{d.report}, a.Expr, d.names, eachIn{teams, d.misplaced && a.Name != forEachName})
	made.failed = made.failed || !d.fits(made.at, address)
	made.expr = d.meter.measure(a.Expr) // this changes the tree
	return made
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

// block computes the values of a block for a team.
func (d *decoder) block(b *draft, t team) *block {
	made := &block{header: b.header}
	for _, e := range b.expressions {
		made.attributes = append(made.attributes, d.attribute(e, t))
	}
	for _, nested := range b.drafts {
		made.blocks = append(made.blocks, d.block(nested, t))
	}
	return made
}

// attribute computes a value for a team. What does not depend on the team is computed once.
func (d *decoder) attribute(e *expression, t team) *attribute {
	if e.once != nil {
		return e.once
	}
	made := e.attribute
	if !made.failed {
		made.value, made.failed = d.evaluate(e, t)
	}
	if !e.perTeam {
		e.once = &made
	}
	return &made
}

// evaluate gives the value of an expression; what is wrong with it is reported.
func (d *decoder) evaluate(e *expression, t team) (value cty.Value, failed bool) {
	if d.meter.over || e.perTeam && t.unknown {
		return cty.NilVal, true
	}
	report := d.report.of(t.name)
	if len(e.teamValue) > 0 && !t.hasValue {
		hclReport{report}.noTeamValue(e.teamValue[0], &e.attribute)
		return cty.NilVal, true
	}
	known, ok := d.variables(e, t)
	if !ok {
		return cty.NilVal, true
	}
	value, diags := e.expr.Value(&hcl.EvalContext{Functions: e.functions, Variables: known})
	if d.meter.over {
		d.meter.tooMuch(d.report, e.at, e.address)
		return cty.NilVal, true
	}
	for _, diag := range diags {
		hclReport{report}.evaluation(diag, &e.attribute, e.functions, e.outside)
	}
	if diags.HasErrors() {
		return cty.NilVal, true
	}
	if !value.IsWhollyKnown() {
		report.fail(e.at, e.address, "Value is not known", "The value of this expression cannot be known before the export runs. Write it out.")
		return cty.NilVal, true
	}
	return value, false
}

// variables are what an expression refers to; false when a part has no value.
func (d *decoder) variables(e *expression, t team) (map[string]cty.Value, bool) {
	known := map[string]cty.Value{eachName: t.each}
	parts := map[string]map[string]cty.Value{}
	good := true
	for _, one := range e.refers {
		value, ok := d.value(one.to, one.at, &e.attribute)
		if good = good && ok; !ok {
			continue
		}
		if parts[one.root] == nil {
			parts[one.root] = make(map[string]cty.Value)
		}
		parts[one.root][one.name] = value
	}
	for root, values := range parts {
		known[root] = cty.ObjectVal(values)
	}
	return known, good
}

// value is the value of what a reference names; false when it has none, which is reported.
func (d *decoder) value(n *declared, reference place, a *attribute) (cty.Value, bool) {
	switch n.state {
	case notRead:
		if n.expr == nil {
			return cty.NilVal, false
		}
		n.state = beingRead
		made := d.attribute(n.expr, team{})
		if n.state = noValue; !made.failed {
			n.value, n.state = made.value, hasValue
		}
	case beingRead:
		d.report.fail(reference, a.address, "Locals refer to each other", "The value of this local depends on itself. Write one of the values out.")
		n.state = noValue
	case hasValue, noValue: // computed before
	}
	return n.value, n.state == hasValue
}

// hasNamedSource reports whether a source in a file has a name, or one for each team.
func hasNamedSource(body *hclsyntax.Body) bool {
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		return b.Type == sourceName && (len(b.Labels) > 1 || b.Body.Attributes[forEachName] != nil)
	})
}

// hasSource reports whether a file has a source block.
func hasSource(body *hclsyntax.Body) bool {
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == sourceName })
}

// hasMisplacedForEach reports whether a block in a file has a for_each that is reported: one
// in an export, or a misspelt one.
func hasMisplacedForEach(body *hclsyntax.Body) bool {
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		if b.Type != sourceName && b.Type != exportName {
			return false
		}
		for name := range b.Body.Attributes {
			if near := nearest.Name(name, []string{forEachName}) != ""; near && (b.Type == exportName || name != forEachName) {
				return true
			}
		}
		return false
	})
}

// parse returns the body of a file, which may be one of values for variables, or nil when its
// syntax is wrong.
func parse(file File, report *report, ofVariables bool) *hclsyntax.Body {
	if problem := tooBig(file); problem != nil {
		report.found = append(report.found, finding{Diagnostic: *problem})
		report.broken = true
		return nil
	}
	if isJSON(file.Name) {
		made := (&jsonFile{file: file, report: report}).body(ofVariables)
		report.broken = report.broken || made == nil
		return made
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
	if isJSON(file.Name) {
		return nil // its values are counted where they are read
	}
	tokens, _ := hclsyntax.LexConfig(file.Bytes, file.Name, hcl.InitialPos)
	_, problem := tooComplex(tokens, 0)
	return problem
}

// tooComplex guards the parser from tokens, behind so many operators of the same file. It
// returns the number of operators with theirs.
func tooComplex(tokens hclsyntax.Tokens, operators int) (int, *exporter.Diagnostic) {
	depth := 0
	for _, token := range tokens {
		if depth += nesting(token.Type); depth > maxNesting {
			return operators, &exporter.Diagnostic{
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
			return operators, &exporter.Diagnostic{
				Severity: exporter.SeverityError,
				Summary:  "Too many operators",
				Detail:   fmt.Sprintf("A configuration file may contain at most %d operators. Write the values out.", maxOperators),
				Range:    inFile(token.Range).file,
			}
		}
	}
	return operators, nil
}

func isOperator(t hclsyntax.TokenType) bool {
	return strings.ContainsRune("!?-+*/%<>≤≥≔≠∧∨.", rune(t)) // token types are such runes
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
