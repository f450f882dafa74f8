package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// The names of what a configuration computes with.
const (
	variableName = "variable"
	localsName   = "locals"
	varName      = "var"
	localName    = "local"
)

// VariablePrefix begins the environment variables that give values to variables.
const VariablePrefix = "LEMEXPORT_VAR_"

// Variable is the value that the caller gives to a variable, as text.
type Variable struct{ Name, Value string }

// names are the variables and the locals of a configuration, with their values.
type names struct {
	variables, locals map[string]*declared
}

// declared is a variable or a local.
type declared struct {
	// expr gives the value; for a variable it is the default, nil when there is none.
	expr *expression
	// state says how far the value is.
	state state
	value cty.Value
}

type state int

const (
	notRead state = iota
	beingRead
	hasValue
	noValue
)

// find returns what a reference like var.x names; nil when it names nothing.
func (n names) find(name hcl.Traversal) *declared {
	if len(name) < 2 {
		return nil
	}
	step, ok := name[1].(hcl.TraverseAttr)
	switch {
	case !ok:
		return nil
	case name.RootName() == varName:
		return n.variables[step.Name]
	case name.RootName() == localName:
		return n.locals[step.Name]
	default:
		return nil
	}
}

// declare finds the names of variables and locals, before any expression is looked at.
func (n names) declare(bodies []*hclsyntax.Body) {
	for _, body := range bodies {
		for _, b := range body.Blocks {
			switch {
			case b.Type == variableName && len(b.Labels) > 0:
				n.variables[b.Labels[0]] = &declared{}
			case b.Type == localsName:
				for name := range b.Body.Attributes {
					n.locals[name] = &declared{}
				}
			}
		}
	}
}

// variableReader reads the values of variables and locals.
type variableReader struct{ *decoder }

// read reads the blocks that declare variables and locals, and what the caller gives.
func (d variableReader) read(drafts []*draft) {
	given := d.given()
	first := make(map[string]place)
	for _, b := range drafts {
		if b.kind == localsName {
			d.locals(b, first)
		}
	}
	for _, b := range drafts {
		if b.kind == variableName {
			d.variable(b, given, first)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.names.locals)) { // also those that nothing refers to
		local := d.names.locals[name]
		if local.expr != nil {
			d.value(local, local.expr.nameAt, &local.expr.attribute)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if d.names.variables[name] == nil {
			d.report.fail(place{}, "", fmt.Sprintf("Unknown variable %q", shorten(name)),
				"A value is given to a variable that the configuration does not declare. Declare it: variable "+fmt.Sprintf("%q", shorten(name))+" {}."+didYouMean(name, slices.Sorted(maps.Keys(d.names.variables))))
		}
	}
}

// locals reads a locals block.
func (d variableReader) locals(b *draft, first map[string]place) {
	if len(b.labels) > 0 {
		d.report.fail(b.labels[0].at, b.address, "Label on a locals block", "A locals block takes no label. Write: locals { … }")
	}
	for _, nested := range b.drafts {
		d.report.fail(nested.at, nested.address, "Block inside locals", "A locals block has attributes only: name = value.")
	}
	for _, e := range b.expressions {
		earlier, twice := first[localName+"."+e.name]
		if twice {
			d.report.fail(e.nameAt, e.address, "Local declared twice", fmt.Sprintf("local.%s is declared at %s already. Give one of the two another name.", e.name, d.report.where(earlier)))
			continue
		}
		first[localName+"."+e.name] = e.nameAt
		d.names.locals[e.name].expr = e
	}
}

// given are the values from the caller: those of files, and those of flags, which come before.
func (d variableReader) given() map[string]cty.Value {
	found := make(map[string]cty.Value)
	for _, file := range d.inputs.VariableFiles {
		body := parse(file, d.report, true)
		if body == nil {
			continue
		}
		for _, b := range body.Blocks {
			d.report.fail(inFile(b.TypeRange), b.Type, "Block in a file of variables", "A file of variables has attributes only: name = value.")
		}
		for _, a := range byPosition(body.Attributes) {
			e := d.expression(a, a.Name, false)
			if value := d.attribute(e, team{}); !value.failed && d.names.variables[a.Name] == nil {
				d.report.fail(e.nameAt, a.Name, fmt.Sprintf("Unknown variable %q", shorten(a.Name)),
					fmt.Sprintf("The configuration does not declare it. Declare it: variable %q {}.", shorten(a.Name))+didYouMean(a.Name, slices.Sorted(maps.Keys(d.names.variables))))
			} else if !value.failed {
				found[a.Name] = value.value
			}
		}
	}
	for _, one := range d.inputs.Variables {
		found[one.Name] = cty.StringVal(one.Value)
	}
	return found
}

func variableShape() shape {
	return shape{label: "name", attributes: []string{typeAttribute, "default", "description", "sensitive"}}
}

// variable reads a variable block.
func (d variableReader) variable(b *draft, given map[string]cty.Value, first map[string]place) {
	if e := b.expression("default"); e != nil && len(e.refers) > 0 {
		d.report.fail(e.refers[0].at, e.address, "Reference in a default", "The default of a variable cannot refer to variables and locals. Write the value out, or use a local instead of the variable.")
		e.failed = true
	}
	made := d.block(b, team{})
	in := variableShape().open(d.report, made)
	if len(b.labels) == 0 {
		return
	}
	name := b.labels[0].text
	if earlier, twice := first[varName+"."+name]; twice {
		d.report.fail(b.at, b.address, "Variable declared twice", fmt.Sprintf("The variable %s is declared at %s already. Remove one of the two.", shorten(name), d.report.where(earlier)))
		return
	}
	first[varName+"."+name] = b.at
	c := reader{d.report}
	if a := in.attribute("description"); a != nil {
		c.text(a, optional)
	}
	sensitive := false
	if a := in.attribute("sensitive"); a != nil {
		sensitive = c.boolean(a)
	}
	if !hclsyntax.ValidIdentifier(name) {
		d.report.fail(b.labels[0].at, b.address, "Invalid name of a variable", "The name of a variable begins with a letter, followed by letters, digits, - and _.")
		return
	}
	fallback := in.attributes["default"]
	v := d.names.variables[name]
	v.state = noValue
	value, found := given[name]
	if text, set := d.inputs.Env(VariablePrefix + name); !found && set && text != "" {
		value, found = cty.StringVal(text), true
	}
	typed := b.typed
	switch {
	case fallback != nil && fallback.failed || typed != nil && typed.failed:
		return
	case typed != nil && fallback != nil && !typed.fits(d.report, fallback):
		return
	case found && typed != nil:
		converted, ok := typed.convert(value)
		if !ok {
			d.report.fail(b.at, b.address, "Wrong type", fmt.Sprintf("The value that is given to the variable %s must be of the type %s. Lists and maps are written as JSON.", name, typed))
			return
		}
		value = converted
	case found && fallback != nil:
		converted, ok := like(value, fallback.bare())
		if !ok {
			d.report.fail(b.at, b.address, "Wrong type", fmt.Sprintf("The value that is given to the variable %s must be %s, as its default is. Lists and objects are written as JSON.", name, typeName(fallback.bare())))
			return
		}
		value = converted
	case fallback != nil:
		value = fallback.value
		if typed != nil {
			value, _ = typed.convert(value)
		}
	case !found:
		d.report.missing(b.at, b.address, fmt.Sprintf("Variable %s has no value", name),
			fmt.Sprintf("Give it one by -var %s=…, by -var-file=FILE or by %s%s in the environment, or give it a default.", name, VariablePrefix, name))
		return
	}
	if sensitive {
		d.hideTexts(value)
		if slices.ContainsFunc(d.inputs.Variables, func(one Variable) bool { return one.Name == name }) {
			d.report.warn(b.at, b.address, "Sensitive value on the command line",
				fmt.Sprintf("Other users of the machine can read the arguments of a process. Give the variable %s its value by %s%s in the environment, or by -var-file.", name, VariablePrefix, name))
		}
	}
	from := origin{kind: ofDefault, name: name, sensitive: sensitive}
	if found {
		from.kind = ofVariable
	}
	v.value, v.state = markAll(value, from), hasValue
}

// hideTexts keeps the texts in a value from being shown.
func (d variableReader) hideTexts(value cty.Value) {
	bare, _ := value.UnmarkDeep()
	_ = cty.Walk(bare, func(_ cty.Path, part cty.Value) (bool, error) {
		d.report.secret(textOf(part))
		return true, nil
	})
}

// markAll marks the parts of a value as coming from a variable; the names in it are not.
func markAll(value cty.Value, from origin) cty.Value {
	parts := 0
	marked, err := cty.Transform(value, func(_ cty.Path, part cty.Value) (cty.Value, error) {
		if bare, _ := part.Unmark(); !bare.IsKnown() || bare.IsNull() || bare.CanIterateElements() {
			return part, nil
		}
		parts++
		return part.Mark(from.part(strconv.Itoa(parts))), nil
	})
	if err != nil {
		return value.Mark(from)
	}
	return marked
}

// like converts a value to the type of another one. A text may be JSON.
func like(value, other cty.Value) (cty.Value, bool) {
	if other.IsNull() {
		return value, true
	}
	kind := other.Type()
	if kind.IsPrimitiveType() {
		converted, err := convert.Convert(value, kind)
		return converted, err == nil && !converted.IsNull()
	}
	if value.Type() == cty.String {
		decoded, ok := decodedText(value)
		if !ok {
			return value, false
		}
		value = decoded
	}
	isMap := kind.IsObjectType() || kind.IsMapType()
	bare, _ := value.Unmark()
	return value, !bare.IsNull() && bare.CanIterateElements() && isMap == (bare.Type().IsObjectType() || bare.Type().IsMapType())
}
