package config

import (
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// checker turns a tree into a job. It reports everything it finds and goes on.
type checker struct {
	report *report
	// env looks up a variable that names the server of an object store; nil knows none.
	env func(name string) (string, bool)
}

// job checks all blocks of a configuration that was read from so many files.
func (c *checker) job(blocks []*block, files int) exporter.Job {
	for _, place := range secretPlaces() {
		place.check(c.report, blocks)
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
				"A configuration has one source block and one or more export blocks."+didYouMean(b.kind, topBlocks()))
		}
	}
	var job exporter.Job
	switch {
	case files == 0:
		c.report.fail(place{}, "", "No configuration",
			"No .hcl file found. Write one with a block source \"lemlist\" and a block export \""+schema.Default().Name+"\".")
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
		config := sourceChecker{reader{c.report}}.check(b)
		if i == 0 {
			job.Source = config
		}
	}
	for _, b := range exports {
		job.Exports = append(job.Exports, exportChecker{reader{c.report}, c.env}.check(b))
	}
	c.oneExportPerPlace(exports, job.Exports)
	c.sameColumns(exports, job.Exports)
	return job
}

// oneExportPerPlace reports exports that would write the same file.
func (c *checker) oneExportPerPlace(blocks []*block, exports []exporter.Export) {
	type place struct{ table, folder string }
	first := make(map[place]*block)
	for i, export := range exports {
		if export.Destination == "" || export.Table == "" {
			continue
		}
		here := place{export.Table, cleanDestination(export.Destination)}
		earlier, taken := first[here]
		if !taken {
			first[here] = blocks[i]
			continue
		}
		c.report.fail(blocks[i].at, blocks[i].address, "Two exports to the same place",
			fmt.Sprintf("The export at %s writes the same table to the same destination. Remove one, or change its destination.", c.report.where(earlier.at)))
	}
}

// sameColumns reports exports of one table that want different columns: they share one
// read of the table.
func (c *checker) sameColumns(blocks []*block, exports []exporter.Export) {
	first := make(map[string]int)
	for i, export := range exports {
		earlier, found := first[export.Table]
		if !found {
			first[export.Table] = i
			continue
		}
		if err := exporter.SameColumns(exports[earlier], export); err != nil {
			c.report.fail(blocks[i].at, blocks[i].address, "Different columns",
				fmt.Sprintf("Exports of one table share one read, so they must leave out and hash the same columns, with the same key. Give this export the columns block of the export at %s, or move it to another configuration.", c.report.where(blocks[earlier].at)))
		}
	}
}
