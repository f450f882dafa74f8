package config

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
	"github.com/lemexport/lemexport/schema"
)

// checker turns a tree into a job. It reports everything it finds and goes on.
type checker struct {
	report *report
	// env looks up a variable that names the server of an object store; nil knows none.
	env func(name string) (string, bool)
}

// shape is what a kind of block may hold.
type shape struct {
	// label names the block's one label in messages; empty when it takes none.
	label      string
	attributes []string
	blocks     []string
}

func sourceShape() shape {
	return shape{label: "source type", attributes: []string{"api_key", "endpoint", "users", "journal_max_age"}, blocks: []string{"simulate", "margin", "retry"}}
}

func marginShape() shape { return shape{attributes: []string{"lookback", "increments", "settle"}} }

func retryShape() shape { return shape{attributes: []string{"max_elapsed"}} }

func simulateShape() shape {
	return shape{attributes: []string{"users", "conversations", "seed", "rate_limit"}}
}

func exportShape() shape {
	return shape{label: "table", attributes: []string{"destination", "format", "mode", "full_every", "max_shrink", "file_mode"}, blocks: []string{"parquet", "arrow", "columns"}}
}

func parquetShape() shape {
	return shape{attributes: []string{"compression", "compression_level", "row_group_size", "bloom_filter", "encoding", "extra"}}
}

func arrowShape() shape { return shape{attributes: []string{"compression"}} }

func columnsShape() shape { return shape{attributes: []string{"exclude", "hash", "hash_key"}} }

func topBlocks() []string { return []string{"source", "export"} }

// job checks all blocks of a configuration that was read from so many files.
func (c *checker) job(blocks []*block, files int) exporter.Job {
	for _, place := range secretPlaces() {
		c.keepInPlace(place, blocks)
	}

	var sources, exports []*block
	for _, b := range blocks {
		switch b.kind {
		case "source":
			sources = append(sources, b)
		case "export":
			exports = append(exports, b)
		default:
			c.report.fail(b.at, b.address, fmt.Sprintf("Unknown block %q", shorten(b.kind)),
				"A configuration is made of one source block and of export blocks."+didYouMean(b.kind, topBlocks()))
		}
	}
	var job exporter.Job
	switch {
	case files == 0:
		c.report.fail(place{}, "", "No configuration",
			"There is no file that ends in .hcl. Write one with a block source \"lemlist\" and a block export \""+schema.Default().Name+"\".")
		return job
	case len(sources) == 0:
		c.report.fail(place{}, "source.lemlist", "Missing source",
			"No source block found. "+c.report.form(
				"Add a block source \"lemlist\" with api_key = env(\"LEMLIST_API_KEY\"), or with simulate {} to try it without a key.",
				`Add "source": {"lemlist": {"api_key": "…"}}, or "simulate": {} instead of the key to try it without one.`))
	}
	if len(exports) == 0 && !c.report.exportOptional {
		c.report.fail(place{}, "export."+schema.Default().Name, "Missing export",
			"No export block found. Add a block export \""+schema.Default().Name+"\" with a destination, for instance destination = \"./out\".")
	}
	for i, b := range sources {
		if i > 0 {
			c.report.fail(b.at, b.address, "More than one source",
				fmt.Sprintf("A configuration reads one team. The first source is at %s. Remove one, or keep them in different folders.", c.report.where(sources[0].at)))
		}
		config := c.source(b)
		if i == 0 {
			job.Source = config
		}
	}
	for _, b := range exports {
		job.Exports = append(job.Exports, c.export(b))
	}
	c.oneExportPerPlace(exports, job.Exports)
	c.sameColumns(exports, job.Exports)
	return job
}

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
func (c *checker) open(b *block, allowed shape) contents {
	in := contents{attributes: make(map[string]*attribute), blocks: make(map[string]*block), meant: make(map[string]bool)}
	known := slices.Concat(allowed.attributes, allowed.blocks)
	c.labels(b, allowed)
	for _, a := range b.attributes {
		if slices.Contains(allowed.attributes, a.name) {
			in.attributes[a.name] = a
			continue
		}
		in.meant[nearest.Name(a.name, known)] = true
		c.unknownAttribute(b, a, allowed)
	}
	for _, nested := range b.blocks {
		first := in.blocks[nested.kind]
		switch {
		case !slices.Contains(allowed.blocks, nested.kind):
			in.meant[nearest.Name(nested.kind, known)] = true
			c.unknownBlock(b, nested, allowed)
		case first != nil:
			c.report.fail(nested.at, nested.address, fmt.Sprintf("More than one %s block", nested.kind),
				fmt.Sprintf("The first one is at %s. Merge the two.", c.report.where(first.at)))
		default:
			in.blocks[nested.kind] = nested
		}
	}
	return in
}

func (c *checker) labels(b *block, allowed shape) {
	switch {
	case allowed.label == "" && len(b.labels) > 0:
		c.report.fail(b.labels[0].at, b.address, fmt.Sprintf("Label on a %s block", b.kind),
			fmt.Sprintf("%s block takes no label. Write: %s { … }", article(b.kind), b.kind))
	case allowed.label != "" && len(b.labels) == 0:
		c.report.fail(b.at, b.address, "Missing "+allowed.label,
			fmt.Sprintf("%s block names its %s. Write: %s %q { … }", article(b.kind), allowed.label, b.kind, usualLabel(b.kind)))
	case allowed.label != "" && len(b.labels) > 1:
		c.report.fail(b.labels[1].at, b.address, "Too many labels",
			fmt.Sprintf("%s block takes one label, its %s. Remove the others.", article(b.kind), allowed.label))
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
	if kind == "source" {
		return "lemlist"
	}
	return schema.Default().Name
}

func (c *checker) unknownAttribute(b *block, a *attribute, allowed shape) {
	summary := fmt.Sprintf("Unknown attribute %q", shorten(a.name))
	if slices.Contains(allowed.blocks, a.name) {
		c.report.fail(a.nameAt, a.address, summary, a.name+" is a block. "+c.report.form(
			fmt.Sprintf("Write it without the equals sign: %s { … }", a.name), "Its value is an object."))
		return
	}
	// Whatever this was meant to be, in a source it could be the key.
	if b.kind == "source" {
		c.report.hide(a.at)
	}
	c.report.fail(a.nameAt, a.address, summary,
		fmt.Sprintf("%s block takes %s.", article(b.kind), parts(allowed))+didYouMean(a.name, allowed.attributes)+blockHint(a.name, allowed.blocks))
}

func (c *checker) unknownBlock(b, nested *block, allowed shape) {
	summary := fmt.Sprintf("Unknown block %q", shorten(nested.kind))
	if slices.Contains(allowed.attributes, nested.kind) {
		c.report.fail(nested.at, nested.address, summary, nested.kind+" is an attribute. "+c.report.form(
			fmt.Sprintf("Write: %s = …", nested.kind), "Its value is not an object."))
		return
	}
	c.report.fail(nested.at, nested.address, summary,
		fmt.Sprintf("%s block takes %s.", article(b.kind), parts(allowed))+didYouMean(nested.kind, allowed.blocks))
}

// parts lists what a block may hold.
func parts(allowed shape) string {
	text := list(allowed.attributes, "and")
	if len(allowed.blocks) == 0 {
		return text
	}
	if text != "" {
		text += ", and "
	}
	return text + "the block " + list(allowed.blocks, "or")
}

// blockHint says that an attribute's name looks like that of a block.
func blockHint(name string, blocks []string) string {
	if near := nearest.Name(name, blocks); near != "" {
		return fmt.Sprintf(" Did you mean the block %q?", near)
	}
	return ""
}
