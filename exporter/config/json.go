package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/lemexport/lemexport/exporter"
)

// LoadJSON reads a configuration in JSON, as a program passes it: one object of
// the shape of the HCL file. A block is a member named by its kind, a labelled
// one an object of labels, and several blocks of one kind and label are an array.
// All values are literal. Export blocks may be missing: what needs one says so.
//
// Diagnostics have a Path instead of a range.
func LoadJSON(body []byte) (exporter.Job, exporter.Diagnostics) {
	c := checker{report: newJSONReport()}
	var job exporter.Job
	if blocks, wrong := decodeJSON(body); wrong != nil {
		c.report.fail(inJSON(wrong.at), "", "Not a configuration in JSON", wrong.detail)
	} else {
		job = c.oneTeam(blocks)
	}
	diags := c.report.finish(0)
	if diags.HasErrors() {
		return exporter.Job{}, diags
	}
	return job, diags
}

// misshapen is JSON of another shape. Its detail holds no value: one of them is
// the key.
type misshapen struct {
	at     jsontext.Pointer
	detail string
	// problem is detail without the place, offset, of a syntax error; else it is empty.
	problem string
	offset  int64
	// place is where it is in a file.
	place hcl.Range
}

func (m *misshapen) Error() string { return m.detail }

// decodeJSON makes a tree. The places in it are JSON pointers.
func decodeJSON(body []byte) ([]*block, *misshapen) {
	if len(body) > maxFileSize {
		return nil, &misshapen{detail: fmt.Sprintf("It has %d bytes, the limit is %d.", len(body), maxFileSize)}
	}
	root, wrong := parseJSON(body)
	if wrong != nil {
		return nil, wrong
	}
	var blocks []*block
	for _, kind := range root.members {
		if kind.value.kind != '{' {
			return nil, &misshapen{at: kind.value.pointer, detail: fmt.Sprintf("It should be an object whose member names are labels: {%q: {%q: {}}}.",
				kind.name, usualLabel(kind.name))}
		}
		for _, labelled := range kind.value.members {
			labels := []label{{text: labelled.name, at: inJSON(labelled.value.pointer)}}
			for _, body := range labelled.value.each() {
				b := &block{header: header{kind: kind.name, labels: labels, address: blockAddress("", kind.name, labels), at: inJSON(body.pointer)}}
				if wrong := body.fill(b); wrong != nil {
					return nil, wrong
				}
				blocks = append(blocks, b)
			}
		}
	}
	return blocks, nil
}

// node is a JSON value with its place.
type node struct {
	pointer jsontext.Pointer
	kind    jsontext.Kind
	text    string // of a string, or the literal of a number
	members []member
	items   []node
	// at is the place in a file.
	at hcl.Range
}

type member struct {
	name   string
	value  node
	nameAt hcl.Range
}

// each is the elements of an array of blocks, or the block itself.
func (n node) each() []node {
	if n.kind == '[' {
		return n.items
	}
	return []node{n}
}

// isBlock reports whether a member of a body is a block, or several.
func (n node) isBlock() bool {
	return n.kind == '{' || n.kind == '[' && len(n.items) > 0 && n.items[0].kind == '{'
}

// value is the value of an attribute.
func (n node) value() cty.Value {
	switch n.kind {
	case '"':
		return cty.StringVal(n.text)
	case '0':
		if number, err := cty.ParseNumberVal(n.text); err == nil {
			return number
		}
		return cty.StringVal(n.text) // out of range: reported as the wrong type
	case 't', 'f':
		return cty.BoolVal(n.kind == 't')
	case '[':
		items := make([]cty.Value, 0, len(n.items))
		for _, item := range n.items {
			items = append(items, item.value())
		}
		return cty.TupleVal(items)
	case '{':
		members := make(map[string]cty.Value, len(n.members))
		for _, m := range n.members {
			members[m.name] = m.value.value()
		}
		return cty.ObjectVal(members)
	default:
		return cty.NullVal(cty.DynamicPseudoType)
	}
}

// marked is the value of a node whose parts have origins of their own: those of the text, and
// the place in it.
func (n node) marked(marks cty.ValueMarks) (cty.Value, error) {
	switch n.kind {
	case '[':
		items := make([]cty.Value, 0, len(n.items))
		for _, item := range n.items {
			value, err := item.marked(marks)
			if err != nil {
				return cty.NilVal, err
			}
			items = append(items, value)
		}
		return cty.TupleVal(items), nil
	case '{':
		members := make(map[string]cty.Value, len(n.members))
		for _, m := range n.members {
			name := cty.NormalizeString(m.name)
			if _, twice := members[name]; twice {
				return cty.NilVal, usageError(fmt.Sprintf("jsondecode: an object has the name %q twice, in two spellings of Unicode. Remove one of the two.", shorten(name)))
			}
			value, err := m.value.marked(marks)
			if err != nil {
				return cty.NilVal, err
			}
			members[name] = value
		}
		return cty.ObjectVal(members), nil
	default:
		value := n.value()
		for mark := range marks {
			if from, ok := mark.(origin); ok {
				value = value.Mark(from.part(string(n.pointer)))
			}
		}
		return value, nil
	}
}

// fill sorts the members of a block's body, n, into attributes and blocks.
func (n node) fill(b *block) *misshapen {
	if n.kind != '{' {
		return &misshapen{at: n.pointer, detail: "It should be an object: the body of a block."}
	}
	for _, m := range n.members {
		at := inJSON(m.value.pointer)
		if !m.value.isBlock() {
			a := &attribute{name: m.name, address: b.address + "." + m.name, value: m.value.value(), nameAt: at, at: at}
			for _, item := range m.value.items {
				a.items = append(a.items, inJSON(item.pointer))
			}
			b.attributes = append(b.attributes, a)
			continue
		}
		for _, one := range m.value.each() {
			nested := &block{header: header{kind: m.name, address: blockAddress(b.address, m.name, nil), at: inJSON(one.pointer)}}
			if wrong := one.fill(nested); wrong != nil {
				return wrong
			}
			b.blocks = append(b.blocks, nested)
		}
	}
	return nil
}

// parseJSON reads one object.
func parseJSON(body []byte) (node, *misshapen) {
	root, wrong := parseValue(body, newMeter())
	if wrong == nil && root.kind != '{' {
		wrong = &misshapen{detail: "It should be an object."}
	}
	return root, wrong
}

// parseValue reads one value, strictly: no duplicate names, no invalid UTF-8, nothing after
// it. meter counts what is in it.
func parseValue(body []byte, meter *meter) (node, *misshapen) {
	return nodeReader{decoder: jsontext.NewDecoder(bytes.NewReader(body)), meter: meter}.one()
}

// nodeReader reads the values of a text.
type nodeReader struct {
	decoder *jsontext.Decoder
	meter   *meter
	// places finds them in a file; nil when the text is not one.
	places *cursor
}

// one reads the only value of a text.
func (r nodeReader) one() (node, *misshapen) {
	root, err := r.read(0)
	if err == nil {
		if _, err = r.decoder.ReadToken(); err == nil {
			err = &misshapen{detail: "Unexpected data after the first value."}
		}
	}
	wrong, known := errors.AsType[*misshapen](err)
	syntax, invalid := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case known:
		wrong.offset = r.decoder.InputOffset()
		return node{}, wrong
	case invalid:
		return node{}, &misshapen{at: syntax.JSONPointer, detail: fmt.Sprintf("At byte %d: %s.", syntax.ByteOffset, syntax.Err), problem: syntax.Err.Error(), offset: syntax.ByteOffset}
	case root.kind == 0:
		return node{}, &misshapen{detail: "The input ends too early.", offset: r.decoder.InputOffset()}
	}
	return root, nil
}

// start is where the next token begins.
func (r nodeReader) start() int {
	if r.places == nil {
		return 0
	}
	return r.places.next(int(r.decoder.InputOffset()))
}

// since is the range from an offset to behind the last token.
func (r nodeReader) since(start int) hcl.Range {
	if r.places == nil {
		return hcl.Range{}
	}
	return r.places.between(start, int(r.decoder.InputOffset()))
}

func (r nodeReader) read(depth int) (node, error) {
	decoder, start := r.decoder, r.start()
	var from hcl.Pos
	if r.places != nil {
		from = r.places.to(start)
	}
	if depth > maxNesting {
		return node{}, &misshapen{at: decoder.StackPointer(), detail: fmt.Sprintf("It is nested more than %d levels deep.", maxNesting)}
	}
	token, err := decoder.ReadToken()
	if err != nil {
		return node{}, err
	}
	// Each place holds the names of all places around it.
	pointer := decoder.StackPointer()
	if !r.meter.take(valueWork + len(pointer)) {
		return node{}, &misshapen{detail: fmt.Sprintf("Its values and the names of their places take more than %d MiB. Shorten the names.", maxWork>>20)}
	}
	n := node{pointer: jsontext.Pointer(strings.Clone(string(pointer))), kind: token.Kind()}
	switch n.kind {
	case '"', '0':
		n.text = token.String()
	case '[':
		for decoder.PeekKind() != ']' {
			item, err := r.read(depth + 1)
			if err != nil {
				return node{}, err
			}
			n.items = append(n.items, item)
		}
		_, err = decoder.ReadToken()
	case '{':
		for decoder.PeekKind() != '}' {
			start := r.start()
			name, err := decoder.ReadToken()
			if err != nil {
				return node{}, err
			}
			text, at := name.String(), r.since(start)
			value, err := r.read(depth + 1)
			if err != nil {
				return node{}, err
			}
			n.members = append(n.members, member{text, value, at})
		}
		_, err = decoder.ReadToken()
	default: // true, false or null: the kind is the value
	}
	if r.places != nil {
		n.at = hcl.Range{Filename: r.places.name, Start: from, End: r.places.to(int(r.decoder.InputOffset()))}
	}
	return n, err
}
