package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/exporter"
)

// The names of blocks and attributes that say which teams there are.
const (
	sourceName  = "source"
	exportName  = "export"
	forEachName = "for_each"
	eachName    = "each"
	eachKey     = "key"
	eachValue   = "value"
)

// maxTeams is the largest number of teams of one configuration.
const maxTeams = 20_000

// maxTeamName is the longest name of a team, in bytes: file systems take 255.
const maxTeamName = 200

// team is one of those that a source block reads.
type team struct {
	// name is empty in a configuration of one team without a name.
	name string
	// each is what expressions see; value is in it where hasValue is true.
	each     cty.Value
	hasValue bool
	// at is where the name is, and address its attribute or block.
	at      place
	address string
	// unknown says that for_each has no value, so that its teams are not known.
	unknown bool
}

// named is a team without a value.
func named(name string, at place, address string) team {
	return team{name: name, at: at, address: address, each: cty.ObjectVal(map[string]cty.Value{eachKey: cty.StringVal(name)})}
}

// valued is a team of a for_each. Its value may be a secret, its name never is.
func valued(name string, at place, address string, value cty.Value) team {
	return team{name: name, at: at, address: address, hasValue: true, each: cty.ObjectVal(map[string]cty.Value{eachKey: cty.StringVal(name), eachValue: value})}
}

// eachPart is the part of each that a reference names.
func eachPart(name hcl.Traversal) (part string, known bool) {
	if len(name) < 2 {
		return "", false
	}
	step, ok := name[1].(hcl.TraverseAttr)
	return step.Name, ok && (step.Name == eachKey || step.Name == eachValue)
}

// teamReader finds the teams of source blocks.
type teamReader struct{ *decoder }

// teams gives the teams of a source block, in order.
func (d teamReader) teams(b *draft) []team {
	forEach := b.take(forEachName)
	switch {
	case forEach != nil:
		return d.eachOf(forEach)
	case len(b.labels) > 1:
		name := b.labels[1]
		if problem := nameProblem(name.text); problem != "" {
			d.report.element(teamNoun, name.text).fail(name.at, b.address, "Invalid team name", problem)
			return []team{{unknown: true}}
		}
		return []team{named(name.text, name.at, b.address)}
	default:
		return []team{{}}
	}
}

// eachOf gives the teams of a for_each. When it has none, one unknown team stands for them, so that
// the rest of the configuration is checked.
func (d teamReader) eachOf(e *expression) []team {
	none := []team{{unknown: true}}
	a := d.attribute(e, team{})
	if a.failed || !d.namesOnce(e) {
		return none
	}
	fail := func(summary, detail string) []team {
		d.report.fail(a.at, a.address, summary, detail)
		return none
	}
	values, marks := a.value.Unmark()
	kind := values.Type()
	isMap := kind.IsMapType() || kind.IsObjectType()
	switch {
	case values.IsNull():
		return fail("Empty for_each", "for_each is null. Give it a map of names and keys, or a list of names.")
	case !isMap && !kind.IsSetType() && !kind.IsListType() && !kind.IsTupleType():
		return fail("Wrong type", fmt.Sprintf("for_each must be a map, such as {name = key}, or a list of names, not %s.", kindName(kind)))
	case values.LengthInt() == 0:
		return fail("Empty for_each", "for_each has no team. Add one, or remove for_each to read one team.")
	case values.LengthInt() > maxTeams:
		return fail("Too many teams", fmt.Sprintf("for_each has %d teams, the limit of a configuration is %d. Split it into several configurations.", values.LengthInt(), maxTeams))
	}
	var found []team
	for position, it := 0, values.ElementIterator(); it.Next(); position++ {
		key, element := it.Element()
		bare, own := element.Unmark()
		var one team
		switch {
		case isMap && bare.IsNull():
			d.report.element(teamNoun, key.AsString()).fail(a.at, a.address, "Empty value",
				"A value in for_each is null. Give every team a value, for instance its key: {name = key}.")
			continue
		case isMap:
			one = valued(key.AsString(), a.at, a.address, origin{kind: ofTeam, name: eachValue}.markParts(bare.WithMarks(marks, own)))
		case bare.IsNull() || bare.Type() != cty.String:
			d.report.element("element", strconv.Itoa(position+1)).fail(a.item(position), a.address, "Wrong type",
				fmt.Sprintf("An element of for_each is %s. Every element must be the name of a team, in quotes.", typeName(bare)))
			continue
		default:
			one = valued(bare.AsString(), a.item(position), a.address, bare)
		}
		problem := nameProblem(one.name)
		if isMap && looksLikeKey(one.name) && !holdsKeyForm(bare) {
			problem = "The name of a team has the form of an API key, and its value has not. for_each takes names before keys: {name = key}. Names are printed, and become folders."
		}
		if problem != "" {
			d.report.element(teamNoun, one.name).fail(one.at, a.address, "Invalid team name", problem)
			continue
		}
		found = append(found, one)
	}
	if len(found) < values.LengthInt() {
		return none
	}
	return found
}

// namesOnce reports the names that a map in the file has twice: HCL takes the last one.
func (d teamReader) namesOnce(e *expression) bool {
	counted, _ := e.expr.(metered)
	written, ok := counted.Expression.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return true
	}
	once := true
	first := make(map[string]hcl.Range)
	for _, item := range written.Items {
		key, diags := item.KeyExpr.Value(&hcl.EvalContext{Functions: e.functions})
		name := textOf(key)
		if diags.HasErrors() || name == "" {
			continue
		}
		at := item.KeyExpr.Range()
		if earlier, twice := first[name]; twice {
			d.report.fail(inFile(at), e.address, "Team named twice",
				fmt.Sprintf("The name %s is in for_each already, at line %d. Give one of the two another name.", quotedName(name), earlier.Start.Line))
			once = false
			continue
		}
		first[name] = at
	}
	return once
}

// nameProblem says why a team cannot have a name, or "". Names become folders and parts of
// URLs, and are separated by commas on the command line.
func nameProblem(name string) string {
	const forbidden = `/\?#%,*"<>|:`
	switch {
	case strings.TrimSpace(name) == "":
		return "The name of a team is empty. Give it one."
	case len(name) > maxTeamName:
		return fmt.Sprintf("The name of a team is longer than %d bytes. Names become folders. Shorten it.", maxTeamName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }):
		return "The name of a team has a character that cannot be seen. Names become folders. Remove it."
	case strings.ContainsAny(name, forbidden):
		return fmt.Sprintf("The name of a team contains one of %s . Names become folders and parts of URLs. Use letters, digits, - and _.", forbidden)
	case strings.TrimSpace(name) != name, strings.HasPrefix(name, "."), strings.HasSuffix(name, "."), strings.HasPrefix(name, "~"):
		return "The name of a team begins with a dot, ~ or a space, or ends with a dot or a space. Names become folders. Remove it."
	default:
		return ""
	}
}

// quotedName shows the name of a team, which may be a key by mistake.
func quotedName(name string) string {
	if looksLikeKey(name) {
		return exporter.Redacted
	}
	return strconv.Quote(shorten(name))
}

// looksLikeKey reports whether a name is rather a key: names and keys are easily swapped.
func looksLikeKey(name string) bool {
	const shortest = 20
	return len(name) >= shortest && looksRandom(name) && strings.Trim(name, alphanumeric) == ""
}

// holdsKeyForm reports whether a text in the value of a team has the form of a key.
func holdsKeyForm(value cty.Value) bool {
	bare, _ := value.UnmarkDeep()
	found := false
	_ = cty.Walk(bare, func(_ cty.Path, part cty.Value) (bool, error) {
		found = found || looksLikeKey(textOf(part))
		return !found, nil
	})
	return found
}

const alphanumeric = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
