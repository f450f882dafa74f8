package config

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/internal/nearest"
	"github.com/lemexport/lemexport/schema"
)

// shape is what a kind of block may hold.
type shape struct {
	// label names the block's first label in messages; empty when it takes none.
	label string
	// second names the label that may follow; empty when none may.
	second     string
	attributes []string
	blocks     []string
}

func sourceShape() shape {
	return shape{label: "source type", second: "name", attributes: []string{forEachName, "api_key", "endpoint", "users", "journal_max_age"}, blocks: []string{"simulate", "margin", "retry", heartbeatName}}
}

func marginShape() shape { return shape{attributes: []string{"lookback", "increments", "settle"}} }

func retryShape() shape { return shape{attributes: []string{"max_elapsed"}} }

func simulateShape() shape {
	return shape{attributes: []string{"users", "conversations", "seed", "rate_limit"}}
}

func exportShape() shape {
	return shape{label: "table", attributes: []string{sourceName, "destination", "format", "mode", "full_every", "max_shrink", "file_mode", "layout", "keep"}, blocks: []string{"parquet", "arrow", "columns"}}
}

func parquetShape() shape {
	return shape{attributes: []string{"compression", "compression_level", "row_group_size", "bloom_filter", "encoding", "extra"}}
}

func arrowShape() shape { return shape{attributes: []string{"compression"}} }

func columnsShape() shape { return shape{attributes: []string{"exclude", "hash", "hash_key"}} }

func topBlocks() []string { return []string{sourceName, exportName, variableName, localsName} }

// contents are the known parts of a block, by name.
type contents struct {
	attributes map[string]*attribute
	blocks     map[string]*block
	// meant are the names that a misspelt or misplaced part was meant to be.
	meant map[string]bool
}

// attribute returns an attribute that is there and not null, else nil.
func (in contents) attribute(name string) *attribute {
	if a := in.attributes[name]; a != nil && !a.isNull() {
		return a
	}
	return nil
}

// open sorts the parts of a block by name and reports what does not belong.
func (s shape) open(r *report, b *block) contents {
	in := contents{attributes: make(map[string]*attribute), blocks: make(map[string]*block), meant: make(map[string]bool)}
	known := slices.Concat(s.attributes, s.blocks)
	s.checkLabels(r, b)
	for _, a := range b.attributes {
		if slices.Contains(s.attributes, a.name) {
			in.attributes[a.name] = a
			continue
		}
		in.meant[nearest.Name(a.name, known)] = true
		s.unknownAttribute(r, b, a)
	}
	for _, nested := range b.blocks {
		first := in.blocks[nested.kind]
		switch {
		case !slices.Contains(s.blocks, nested.kind):
			in.meant[nearest.Name(nested.kind, known)] = true
			s.unknownBlock(r, b, nested)
		case first != nil:
			r.fail(nested.at, nested.address, fmt.Sprintf("More than one %s block", nested.kind),
				fmt.Sprintf("The first one is at %s. Merge the two.", r.where(first.at)))
		default:
			in.blocks[nested.kind] = nested
		}
	}
	return in
}

func (s shape) checkLabels(r *report, b *block) {
	switch {
	case s.label == "" && len(b.labels) > 0:
		r.fail(b.labels[0].at, b.address, fmt.Sprintf("Label on a %s block", b.kind),
			fmt.Sprintf("%s block takes no label. Write: %s { … }", article(b.kind), b.kind))
	case s.label != "" && len(b.labels) == 0:
		r.fail(b.at, b.address, "Missing "+s.label,
			fmt.Sprintf("%s block needs a label, its %s. Write: %s %q { … }", article(b.kind), s.label, b.kind, usualLabel(b.kind)))
	case s.second != "" && len(b.labels) > 2:
		r.fail(b.labels[2].at, b.address, "Too many labels",
			fmt.Sprintf("%s block takes two labels, its %s and its %s. Remove the others.", article(b.kind), s.label, s.second))
	case s.label != "" && s.second == "" && len(b.labels) > 1:
		r.fail(b.labels[1].at, b.address, "Too many labels",
			fmt.Sprintf("%s block takes one label, its %s. Remove the others.", article(b.kind), s.label))
	}
}

// article begins a sentence about a kind of block.
func article(kind string) string {
	switch kind {
	case "export", "arrow":
		return "An " + kind
	}
	return "A " + kind
}

func usualLabel(kind string) string {
	switch kind {
	case sourceName:
		return "lemlist"
	case variableName:
		return "bucket"
	default:
		return schema.Default().Name
	}
}

func (s shape) unknownAttribute(r *report, b *block, a *attribute) {
	summary := fmt.Sprintf("Unknown attribute %q", shorten(a.name))
	if slices.Contains(s.blocks, a.name) {
		r.fail(a.nameAt, a.address, summary, a.name+" is a block. "+r.form(a.at,
			fmt.Sprintf("Write it without the equals sign: %s { … }", a.name), "Its value is an object."))
		return
	}
	if a.name == forEachName {
		r.fail(a.nameAt, a.address, "for_each outside a source",
			"for_each makes one source block read several teams. Move it to the source block; an export block is applied to each team.")
		return
	}
	// Whatever this was meant to be, in a source it could be the key.
	if b.kind == "source" {
		r.hide(a.at)
	}
	r.fail(a.nameAt, a.address, summary,
		fmt.Sprintf("%s block takes %s.", article(b.kind), s.parts())+didYouMean(a.name, s.attributes)+blockHint(a.name, s.blocks))
}

func (s shape) unknownBlock(r *report, b, nested *block) {
	summary := fmt.Sprintf("Unknown block %q", shorten(nested.kind))
	if slices.Contains(s.attributes, nested.kind) {
		r.fail(nested.at, nested.address, summary, nested.kind+" is an attribute. "+r.form(nested.at,
			fmt.Sprintf("Write: %s = …", nested.kind), "Its value is not an object."))
		return
	}
	r.fail(nested.at, nested.address, summary,
		fmt.Sprintf("%s block takes %s.", article(b.kind), s.parts())+didYouMean(nested.kind, s.blocks))
}

// parts lists what a block may hold.
func (s shape) parts() string {
	text := list(s.attributes, "and")
	if len(s.blocks) == 0 {
		return text
	}
	if text != "" {
		text += ", and "
	}
	noun := "the block "
	if len(s.blocks) > 1 {
		noun = "the blocks "
	}
	return text + noun + list(s.blocks, "and")
}

// blockHint says that an attribute's name looks like that of a block.
func blockHint(name string, blocks []string) string {
	if near := nearest.Name(name, blocks); near != "" {
		return fmt.Sprintf(" Did you mean the block %q?", near)
	}
	return ""
}
