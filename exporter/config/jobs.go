package config

import (
	"fmt"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// configuration is what the files of a configuration contain, without values.
type configuration struct {
	*decoder
	sources, exports, others []*draft
}

func newConfiguration(d *decoder, drafts []*draft) configuration {
	found := configuration{decoder: d}
	for _, b := range drafts {
		switch b.kind {
		case sourceName:
			found.sources = append(found.sources, b)
		case exportName:
			found.exports = append(found.exports, b)
		case variableName, localsName: // read already
		default:
			found.others = append(found.others, b)
		}
	}
	return found
}

// jobs computes and checks a configuration of so many files, team by team: the values of one
// team are dropped before those of the next are made.
func (d configuration) jobs(files int) []exporter.Job {
	c := checker{report: d.report, env: d.inputs.Env}
	c.top(headers(d.sources), headers(d.exports), headers(d.others), files)
	strays := d.blocks(d.others, team{})
	uses := d.uses()
	for _, lost := range uses.lost {
		c.job(nil, []*block{d.block(lost, team{unknown: true})}, nil)
	}
	if len(d.sources) == 0 {
		c.job(nil, nil, strays)
	}
	var jobs []exporter.Job
	apart := newApart(c.report)
	for i, source := range d.sources {
		forEach := source.expression(forEachName) != nil
		for _, t := range (teamReader{d.decoder}).teams(source) {
			d.meter.grow()
			isNew := apart.name(t)
			c := checker{report: d.report.of(t.name), env: d.inputs.Env, team: t.name}
			exports := d.blocks(uses.of[i], t)
			for n, export := range uses.of[i] {
				if forEach || uses.sources[export] > 1 {
					c.destinationPerTeam(exports[n])
				}
			}
			made := d.block(source, t)
			apart.keyAsName(made, t)
			job := c.job(made, exports, strays)
			job.Team = t.name
			if isNew { // else its places are taken, too
				apart.job(made, exports, job)
			}
			if !t.unknown {
				jobs = append(jobs, job)
			}
		}
	}
	return jobs
}

func (d configuration) blocks(drafts []*draft, t team) []*block {
	made := make([]*block, 0, len(drafts))
	for _, b := range drafts {
		made = append(made, d.block(b, t))
	}
	return made
}

func headers(drafts []*draft) []header {
	found := make([]header, 0, len(drafts))
	for _, b := range drafts {
		found = append(found, b.header)
	}
	return found
}

// uses says which exports read which sources.
type uses struct {
	// of are the exports of each source.
	of [][]*draft
	// sources is how many sources an export reads.
	sources map[*draft]int
	// lost are the exports that name a source that is not there.
	lost []*draft
}

// uses finds the sources of the exports: the one that an export names, else all.
func (d configuration) uses() uses {
	found := uses{of: make([][]*draft, len(d.sources)), sources: make(map[*draft]int)}
	add := func(i int, export *draft) {
		found.of[i] = append(found.of[i], export)
		found.sources[export]++
	}
	for _, export := range d.exports {
		named := export.take(sourceName)
		switch {
		case len(d.sources) == 0:
			found.lost = append(found.lost, export)
		case named == nil && d.named:
			for i := range d.sources {
				add(i, export)
			}
		case named == nil:
			add(0, export) // more sources without names are reported already
		default:
			if i := d.sourceNamed(d.attribute(named, team{})); i >= 0 {
				add(i, export)
			} else {
				found.lost = append(found.lost, export)
			}
		}
	}
	for i, source := range d.sources {
		if len(found.of[i]) == 0 && len(d.exports) > 0 && len(source.labels) > 1 && len(found.lost) == 0 && !d.report.exportOptional {
			d.report.fail(source.at, source.address, "Missing export",
				"No export block reads this source. Add one, or remove source from an export block so that it reads all sources.")
		}
	}
	return found
}

// sourceNamed is the position of the source that an export names, or -1.
func (d configuration) sourceNamed(a *attribute) int {
	if !a.failed && a.isNull() {
		a.failed = true
		d.report.fail(a.at, a.address, "Empty source", "source is null. Name a source, or remove the attribute to read all sources.")
	}
	name, ok := reader{d.report}.text(a, optional)
	if !ok {
		return -1
	}
	var known []string
	for i, b := range d.sources {
		if len(b.labels) > 1 {
			if known = append(known, b.labels[1].text); b.labels[1].text == name {
				return i
			}
		}
	}
	if len(known) == 0 {
		d.report.fail(a.at, a.address, "Unknown source", "No source block has a name. Write source \"lemlist\" \"acme\" { … } to name one, or remove this attribute.")
		return -1
	}
	slices.Sort(known)
	d.report.fail(a.at, a.address, "Unknown source",
		fmt.Sprintf("No source block has this name. The names are %s.", list(known[:min(len(known), 10)], "and"))+didYouMean(name, known))
	return -1
}
