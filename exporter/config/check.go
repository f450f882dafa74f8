package config

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// checker turns a tree into a job. It reports everything it finds and goes on.
type checker struct {
	report *report
	// env looks up a variable that names the server of an object store; nil knows none.
	env func(name string) (string, bool)
	// team is empty in a configuration of one team without a name.
	team string
}

// top checks which blocks there are in so many files.
func (c *checker) top(sources, exports, others []header, files int) {
	for _, b := range others {
		c.report.fail(b.at, b.address, fmt.Sprintf("Unknown block %q", shorten(b.kind)),
			"A configuration has the blocks source, export, variable and locals."+didYouMean(b.kind, topBlocks()))
	}
	switch {
	case files == 0:
		c.report.fail(place{}, "", "No configuration",
			"No file *.hcl or *.hcl.json found. Write one with a block source \"lemlist\" and a block export \""+schema.Default().Name+"\".")
		return
	case len(sources) == 0:
		c.report.fail(place{}, "source.lemlist", "Missing source",
			"No source block found. "+c.report.form(place{},
				"Add a block source \"lemlist\" with api_key = env(\"LEMLIST_API_KEY\"), or with simulate {} to try it without a key.",
				`Add "source": {"lemlist": {"api_key": "…"}}, or "simulate": {} instead of the key to try it without one.`))
	}
	if len(exports) == 0 && !c.report.exportOptional {
		c.report.fail(place{}, "export."+schema.Default().Name, "Missing export",
			"No export block found. Add a block export \""+schema.Default().Name+"\" with a destination, for instance destination = \"./out\".")
	}
	for i, b := range sources {
		if len(sources) > 1 && len(b.labels) < 2 && (i > 0 || len(sources[1].labels) > 1) {
			c.report.fail(b.at, b.address, "More than one source", fmt.Sprintf("Another source is at %s. ", c.report.where(sources[min(i, 1)^1].at))+
				c.report.form(place{}, "Name each of them by a second label, source \"lemlist\" \"acme\" { … }, or remove this one.", "A configuration in JSON reads one team. Remove one of the two."))
		}
	}
}

// oneTeam checks a configuration of one team.
func (c *checker) oneTeam(blocks []*block) exporter.Job {
	kinds := make(map[string][]*block)
	heads := make(map[string][]header)
	for _, b := range blocks {
		kind := b.kind
		if kind != sourceName && kind != exportName {
			kind = ""
		}
		kinds[kind], heads[kind] = append(kinds[kind], b), append(heads[kind], b.header)
	}
	c.top(heads[sourceName], heads[exportName], heads[""], 1)
	var source *block
	strays := kinds[""]
	if found := kinds[sourceName]; len(found) > 0 {
		source, strays = found[0], append(strays, found[1:]...)
	}
	job := c.job(source, kinds[exportName], strays)
	newApart(c.report).job(source, kinds[exportName], job)
	return job
}

// job checks the blocks of a team; source is nil when it has none. The strays are no part of
// it, but no key may be in them.
func (c *checker) job(source *block, exports, strays []*block) exporter.Job {
	blocks := slices.Concat(strays, exports)
	if source != nil {
		blocks = append(blocks, source)
	}
	for _, place := range secretPlaces() {
		place.check(c.report, blocks)
	}
	c.sensitive(blocks)
	var job exporter.Job
	if source != nil {
		job.Source = sourceChecker{reader{c.report}, c.team}.check(source)
	}
	for _, b := range exports {
		job.Exports = append(job.Exports, exportChecker{reader{c.report}, c.env}.check(b))
	}
	c.sameColumns(exports, job.Exports)
	return job
}

// sensitive reports a sensitive variable in a value that is printed.
func (c *checker) sensitive(blocks []*block) {
	places := secretPlaces()
	each(blocks, func(parent *block, a *attribute) {
		if a.failed || slices.ContainsFunc(places, func(s secretPlace) bool { return s.is(parent, a) }) {
			return
		}
		for one := range a.origins() {
			if one.sensitive {
				c.report.hide(a.at)
				c.report.fail(a.at, a.address, "Sensitive variable in a value that is shown",
					a.name+" is printed, logged and stored. A sensitive variable can be used in api_key, hash_key and heartbeat only. Use another variable here.")
				a.failed = true
				return
			}
		}
	})
}

// destinationPerTeam reports an export that writes several teams to one place.
func (c *checker) destinationPerTeam(b *block) {
	if a := b.attribute("destination"); a != nil && !a.failed && !a.isNull() && !a.perTeam {
		c.report.fail(a.at, a.address, "Destination without each.key",
			"Every team would be written to the same place. Write the name of the team into the destination, for instance: destination = \"./out/${each.key}\"")
	}
}

// columnsFailed reports whether the columns of an export are not those that it lists.
func columnsFailed(export *block, columns exporter.Columns) bool {
	return slices.ContainsFunc(export.blocks, func(b *block) bool {
		return b.kind == columnsName && (!whole(b.attribute("exclude"), columns.Exclude) || !whole(b.attribute("hash"), columns.Hash))
	})
}

// sameColumns reports exports of one table that want different columns: they share one
// read of the table.
func (c *checker) sameColumns(blocks []*block, exports []exporter.Export) {
	first := make(map[string]int)
	for i, export := range exports {
		if columnsFailed(blocks[i], export.Columns) {
			continue
		}
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
