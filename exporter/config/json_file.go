package config

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/internal/nearest"
)

// isJSON reports whether a file is in HCL's JSON syntax.
func isJSON(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".json") }

// commentName is a member that HCL's JSON syntax ignores.
const commentName = "//"

// jsonFile turns a file in HCL's JSON syntax into what the parser of the native syntax makes,
// so that the same rules hold for both. Texts are templates.
type jsonFile struct {
	file   File
	report *report
	// operators are those of all templates.
	operators int
	failed    bool
}

// body is that of a configuration, or of a file of values for variables; nil when the syntax
// is wrong.
func (f *jsonFile) body(ofVariables bool) *hclsyntax.Body {
	root, wrong := parseNodes(f.file)
	switch {
	case wrong != nil:
		detail := wrong.detail
		if wrong.problem != "" {
			detail = "This is not JSON: " + wrong.problem + ". A file whose name ends in .json is read as JSON."
		}
		f.fail(wrong.place, detail)
		return nil
	case root.kind != '{':
		f.fail(root.at, "A configuration in JSON is one object.")
		return nil
	}
	var made *hclsyntax.Body
	if ofVariables {
		made = f.members(root, nil)
	} else {
		made = f.top(root)
	}
	if f.failed {
		return nil
	}
	return made
}

// fail adds a finding about the syntax.
func (f *jsonFile) fail(at hcl.Range, detail string) {
	f.failed = true
	hclReport{f.report}.syntax(&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Invalid JSON", Detail: detail, Subject: &at})
}

// top is the body of a file.
func (f *jsonFile) top(root node) *hclsyntax.Body {
	made := &hclsyntax.Body{Attributes: make(hclsyntax.Attributes), SrcRange: root.at, EndRange: root.at}
	for _, m := range root.members {
		switch {
		case m.name == commentName:
		case m.name == sourceName || m.name == exportName || m.name == variableName:
			made.Blocks = append(made.Blocks, f.labelled(m)...)
		case m.value.isBlock():
			for _, one := range m.value.each() {
				made.Blocks = append(made.Blocks, f.block(m.name, m.nameAt, nil, one, nil))
			}
		default:
			made.Attributes[m.name] = f.attribute(m)
		}
	}
	return made
}

// labelled are the blocks of a kind that takes labels: an object whose members are named by
// the label, or several such objects.
func (f *jsonFile) labelled(kind member) []*hclsyntax.Block {
	var inside []string
	switch kind.name {
	case sourceName:
		inside = sourceShape().blocks
	case exportName:
		inside = exportShape().blocks
	}
	var made []*hclsyntax.Block
	for _, outer := range kind.value.each() {
		if outer.kind != '{' {
			f.fail(outer.at, fmt.Sprintf("%q is an object whose member names are labels: {%q: {%q: { … }}}.", kind.name, kind.name, usualLabel(kind.name)))
			continue
		}
		for _, first := range outer.members {
			if kind.name == sourceName && hasNames(first.value) {
				for _, second := range first.value.members {
					made = append(made, f.blocks(kind.name, []member{first, second}, inside)...)
				}
				continue
			}
			made = append(made, f.blocks(kind.name, []member{first}, inside)...)
		}
	}
	return made
}

// hasNames reports whether the members of a source are blocks under a second label.
func hasNames(n node) bool {
	known := slices.Concat(sourceShape().attributes, sourceShape().blocks)
	return n.kind == '{' && len(n.members) > 0 && !slices.ContainsFunc(n.members, func(m member) bool {
		return !m.value.isBlock() || nearest.Name(m.name, known) != ""
	})
}

// blocks are the block under labels, or several.
func (f *jsonFile) blocks(kind string, labels []member, inside []string) []*hclsyntax.Block {
	last := labels[len(labels)-1]
	var made []*hclsyntax.Block
	for _, body := range last.value.each() {
		if body.kind != '{' {
			f.fail(body.at, "The body of a block is an object.")
			continue
		}
		at := last.nameAt
		if last.value.kind == '[' { // each has a place of its own
			at = hcl.Range{Filename: f.file.Name, Start: body.at.Start, End: after(body.at.Start)}
		}
		made = append(made, f.block(kind, at, labels, body, inside))
	}
	return made
}

// after is the place behind an ASCII character.
func after(at hcl.Pos) hcl.Pos {
	at.Column++
	at.Byte++
	return at
}

// block is a block whose header is at a place.
func (f *jsonFile) block(kind string, at hcl.Range, labels []member, body node, inside []string) *hclsyntax.Block {
	made := &hclsyntax.Block{Type: kind, TypeRange: at, Body: f.members(body, inside)}
	for i, one := range labels {
		made.Labels = append(made.Labels, one.name)
		place := one.nameAt
		if i == len(labels)-1 {
			place = at
		}
		made.LabelRanges = append(made.LabelRanges, place)
	}
	return made
}

// members is the body of a block; those named in inside are blocks.
func (f *jsonFile) members(n node, inside []string) *hclsyntax.Body {
	made := &hclsyntax.Body{Attributes: make(hclsyntax.Attributes), SrcRange: n.at, EndRange: n.at}
	for _, m := range n.members {
		switch {
		case m.name == commentName:
		case slices.Contains(inside, m.name) && m.value.isBlock():
			for _, one := range m.value.each() {
				made.Blocks = append(made.Blocks, f.block(m.name, m.nameAt, nil, one, nil))
			}
		default:
			made.Attributes[m.name] = f.attribute(m)
		}
	}
	return made
}

func (f *jsonFile) attribute(m member) *hclsyntax.Attribute {
	return &hclsyntax.Attribute{Name: m.name, Expr: f.expression(m.value), SrcRange: hcl.RangeBetween(m.nameAt, m.value.at), NameRange: m.nameAt, EqualsRange: m.nameAt}
}

func (f *jsonFile) expression(n node) hclsyntax.Expression {
	switch n.kind {
	case '"':
		return f.template(n.text, n.at)
	case '[':
		made := &hclsyntax.TupleConsExpr{SrcRange: n.at, OpenRange: n.at}
		for _, item := range n.items {
			made.Exprs = append(made.Exprs, f.expression(item))
		}
		return made
	case '{':
		made := &hclsyntax.ObjectConsExpr{SrcRange: n.at, OpenRange: n.at}
		for _, m := range n.members {
			made.Items = append(made.Items, hclsyntax.ObjectConsItem{KeyExpr: f.template(m.name, m.nameAt), ValueExpr: f.expression(m.value)})
		}
		return made
	default:
		return &hclsyntax.LiteralValueExpr{Val: n.value(), SrcRange: n.at}
	}
}

// template is a text, which may have expressions in it. Places inside it are a little early
// where the text has escape sequences.
func (f *jsonFile) template(text string, at hcl.Range) hclsyntax.Expression {
	literal := &hclsyntax.LiteralValueExpr{Val: cty.StringVal(text), SrcRange: at}
	if !strings.Contains(text, "${") && !strings.Contains(text, "%{") {
		return literal
	}
	start := after(at.Start)
	tokens, _ := hclsyntax.LexTemplate([]byte(text), f.file.Name, start)
	operators, problem := tooComplex(tokens, f.operators)
	if f.operators = operators; problem != nil {
		f.failed = true
		f.report.found = append(f.report.found, finding{Diagnostic: *problem})
		return literal
	}
	made, diags := hclsyntax.ParseTemplate([]byte(text), f.file.Name, start)
	for _, diag := range diags {
		hclReport{f.report}.syntax(diag)
	}
	if diags.HasErrors() {
		f.failed = true
		return literal
	}
	return &hclsyntax.ParenthesesExpr{Expression: made, SrcRange: at}
}

// parseNodes reads the values of a file with their places.
func parseNodes(file File) (node, *misshapen) {
	text := bytes.TrimPrefix(file.Bytes, []byte("\uFEFF"))
	places := &cursor{name: file.Name, src: file.Bytes, base: len(file.Bytes) - len(text), pos: hcl.InitialPos}
	root, wrong := nodeReader{decoder: jsontext.NewDecoder(bytes.NewReader(text)), meter: newMeter(), places: places}.one()
	if wrong != nil {
		wrong.place = (&cursor{name: file.Name, src: file.Bytes, base: places.base, pos: hcl.InitialPos}).between(int(wrong.offset), int(wrong.offset))
	}
	return root, wrong
}

// cursor turns offsets of a text, in ascending order, into places of a file.
type cursor struct {
	name string
	src  []byte
	// base is where the text begins in the file.
	base int
	pos  hcl.Pos
}

func (c *cursor) to(offset int) hcl.Pos {
	for c.pos.Byte < min(c.base+offset, len(c.src)) {
		char, size := utf8.DecodeRune(c.src[c.pos.Byte:])
		c.pos.Byte += size
		c.pos.Column++
		if char == '\n' {
			c.pos.Line, c.pos.Column = c.pos.Line+1, 1
		}
	}
	return c.pos
}

// between is the range of two offsets.
func (c *cursor) between(start, end int) hcl.Range {
	from := c.to(start)
	return hcl.Range{Filename: c.name, Start: from, End: c.to(end)}
}

// next is where the next token begins behind an offset: blanks and separators are skipped.
func (c *cursor) next(offset int) int {
	rest := c.src[min(c.base+offset, len(c.src)):]
	return offset + len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:"))
}
