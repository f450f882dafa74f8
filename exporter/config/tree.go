package config

import (
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/exporter"
)

// place is where a part of a configuration was found: a range of a file, or a JSON
// Pointer into a configuration that a program passed. The zero place is unknown.
type place struct {
	file    *exporter.Range
	pointer jsontext.Pointer
}

// inFile is the place of a part of a file.
func inFile(r hcl.Range) place {
	return place{file: &exporter.Range{
		Filename: r.Filename,
		Start:    exporter.Pos{Line: r.Start.Line, Column: r.Start.Column, Byte: r.Start.Byte},
		End:      exporter.Pos{Line: r.End.Line, Column: r.End.Column, Byte: r.End.Byte},
	}}
}

// inJSON is the place of a part of a configuration in JSON.
func inJSON(pointer jsontext.Pointer) place { return place{pointer: pointer} }

// header is the first line of a block.
type header struct {
	kind   string
	labels []label
	// address is the path of kinds and labels, for instance `source.lemlist.simulate`.
	address string
	at      place
}

// block is one block of a configuration, decoded.
type block struct {
	header
	attributes []*attribute
	blocks     []*block
}

// removeNulls removes the members that are null: to some hosts that is a setting without
// a value, whether it is an attribute or a block.
func (b *block) removeNulls() {
	b.attributes = slices.DeleteFunc(b.attributes, func(a *attribute) bool { return a.isNull() })
	for _, nested := range b.blocks {
		nested.removeNulls()
	}
}

// attribute is the attribute of that name, or nil.
func (b *block) attribute(name string) *attribute {
	if b == nil {
		return nil
	}
	for _, a := range b.attributes {
		if a.name == name {
			return a
		}
	}
	return nil
}

// label is a quoted name in a block's header.
type label struct {
	text string
	at   place
}

// attribute is one name with its value.
type attribute struct {
	name    string
	address string
	// value may carry marks of type origin. It is unset when failed is true.
	value cty.Value
	// failed is true when there is no value to check; the reason is already reported.
	failed bool
	// nameAt and at are the places of the name and of the value.
	nameAt, at place
	// items are the places of the elements of a list that was written out.
	items []place
	// perTeam says that the value is computed for each team.
	perTeam bool
}

// blockAddress is the address of a block inside parent ("" at the top).
func blockAddress(parent, kind string, labels []label) string {
	parts := make([]string, 0, 2+len(labels))
	if parent != "" {
		parts = append(parts, parent)
	}
	parts = append(parts, kind)
	for i, label := range labels {
		text := label.text
		isName := kind == sourceName && i > 0 && !couldBeKey([]byte(text))
		if (kind == sourceName || strings.HasPrefix(parent, sourceName)) && !isName && !harmlessText(text) {
			text = exporter.Redacted
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ".")
}

// item is the place of the i-th element, or of the whole list.
func (a *attribute) item(i int) place {
	if i < len(a.items) {
		return a.items[i]
	}
	return a.at
}

// isNull reports whether the attribute is null, which is the same as absent.
func (a *attribute) isNull() bool { return !a.failed && a.value.IsNull() }

// origins are where the parts of the value come from, as far as that is not the file itself.
func (a *attribute) origins() map[origin]bool {
	found := make(map[origin]bool)
	if !a.failed {
		for mark := range cty.ValueMarksOfTypeDeep[origin](a.value) {
			found[mark] = true
		}
	}
	return found
}

// isLiteral reports whether the value is written in the configuration.
func (a *attribute) isLiteral() bool {
	for one := range a.origins() {
		if one.kind != ofTeam && one.kind != ofDefault {
			return false
		}
	}
	return a.at.file != nil
}

// bare is the value without marks.
func (a *attribute) bare() cty.Value {
	value, _ := a.value.UnmarkDeep()
	return value
}

// each calls visit for every attribute of the blocks and of the blocks inside them.
func each(blocks []*block, visit func(parent *block, a *attribute)) {
	for _, b := range blocks {
		for _, a := range b.attributes {
			visit(b, a)
		}
		each(b.blocks, visit)
	}
}
