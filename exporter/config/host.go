package config

import (
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

func hostShape() shape {
	members := sourceShape()
	members.label = ""
	members.attributes = append(members.attributes, "full_every")
	members.blocks = append(members.blocks, "columns")
	return members
}

// LoadHost reads the configuration of a host that knows connectors, not exports: one
// JSON object with the members of a source block, with a columns block for each table,
// {"columns": {TABLE: {"exclude": []}}}, and with full_every, the age at which the last
// full proof makes an increment read everything. The job has one export a table, without
// a destination.
//
// Diagnostics have a Path instead of a range, and it is one of body.
func LoadHost(body []byte) (exporter.Job, exporter.Diagnostics) {
	c := checker{report: &report{json: true, exportOptional: true}}
	var job exporter.Job
	source := &block{kind: "source", at: inJSON("")}
	root, wrong := parseJSON(body)
	if wrong == nil {
		wrong = source.fill(root)
	}
	if wrong != nil {
		c.report.fail(inJSON(wrong.at), "", "Not a configuration in JSON", wrong.detail)
	} else {
		job = c.host(source)
	}
	diags := c.report.finish()
	for i := range diags {
		diags[i].Address = strings.TrimPrefix(diags[i].Address, ".")
	}
	if diags.HasErrors() {
		return exporter.Job{}, diags
	}
	return job, diags
}

func (c *checker) host(b *block) exporter.Job {
	b.removeNulls()
	in := c.open(b, hostShape())
	tables := make(map[string]*block)
	if columns := in.blocks["columns"]; columns != nil {
		var names []string
		for _, table := range schema.Tables() {
			names = append(names, table.Name)
		}
		tables = c.open(columns, shape{blocks: names}).blocks
		for _, one := range tables {
			one.kind = columns.kind // which says where a hash key belongs
		}
	}
	for _, place := range secretPlaces() {
		c.keepInPlace(place, []*block{b})
	}
	job := exporter.Job{Source: exporter.SourceConfig{Type: usualLabel("source")}}
	c.members(&job.Source, b, in)
	every := c.duration(in.attribute("full_every"), leastFullEvery, mostFullEvery, exporter.DefaultFullEvery)
	for _, table := range schema.Tables() {
		export := exporter.Export{Table: table.Name}
		if table.Incremental() {
			export.FullEvery = every
		}
		if columns := tables[table.Name]; columns != nil {
			export.Columns = c.columns(columns, table)
		}
		job.Exports = append(job.Exports, export)
	}
	return job
}
