package config

import (
	"path/filepath"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// decoder makes the blocks of one load.
type decoder struct {
	report *report
	inputs Inputs
	files  *dataFiles
	meter  *meter
	// functions are those of the files in a folder.
	functions map[string]map[string]function.Function
	// named says that the teams of the configuration have names.
	named bool
}

func newDecoder(in Inputs, report *report) *decoder {
	return &decoder{
		report: report, inputs: in, meter: newMeter(),
		files:     &dataFiles{read: in.ReadFile, known: make(map[string]dataFile)},
		functions: make(map[string]map[string]function.Function),
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
	made.references(hclReport{d.report}, a.Expr, teams)
	made.failed = made.failed || !d.fits(made.at, address)
	made.expr = d.meter.measure(a.Expr) // this changes the tree
	return made
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
	value, diags := e.expr.Value(&hcl.EvalContext{Functions: e.functions, Variables: map[string]cty.Value{eachName: t.each}})
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
