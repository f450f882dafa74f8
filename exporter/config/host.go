package config

import (
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

func hostShape() shape {
	members := sourceShape()
	members.label = ""
	several := func(name string) bool { return name == forEachName } // a host reads one team
	members.attributes = append(slices.DeleteFunc(members.attributes, several), "full_every")
	ofApply := func(name string) bool { return name == heartbeatName }
	members.blocks = append(slices.DeleteFunc(members.blocks, ofApply), "columns")
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
	report := newJSONReport()
	var job exporter.Job
	source := &block{header: header{kind: "source", at: inJSON("")}}
	root, wrong := parseJSON(body)
	if wrong == nil {
		wrong = root.fill(source)
	}
	if wrong != nil {
		report.fail(inJSON(wrong.at), "", "Not a configuration in JSON", wrong.detail)
	} else {
		job = hostJob(report, source)
	}
	diags := report.finish(0)
	for i := range diags {
		diags[i].Address = strings.TrimPrefix(diags[i].Address, ".")
	}
	if diags.HasErrors() {
		return exporter.Job{}, diags
	}
	return job, diags
}

// hostJob checks the configuration of a host.
func hostJob(report *report, b *block) exporter.Job {
	b.removeNulls()
	in := hostShape().open(report, b)
	tables := make(map[string]*block)
	if columns := in.blocks["columns"]; columns != nil {
		tables = shape{blocks: schema.TableNames()}.open(report, columns).blocks
		for _, one := range tables {
			one.kind = columns.kind // which says where a hash key belongs
		}
	}
	for _, place := range secretPlaces() {
		place.check(report, []*block{b})
	}
	job := exporter.Job{Source: exporter.SourceConfig{Type: usualLabel("source")}}
	c := reader{report}
	sourceChecker{reader: c}.members(&job.Source, b, in)
	every := c.duration(in.attribute("full_every"), leastFullEvery, mostFullEvery, exporter.DefaultFullEvery)
	for _, table := range schema.Tables() {
		export := exporter.Export{Table: table.Name}
		if table.Incremental() {
			export.FullEvery = every
		}
		if columns := tables[table.Name]; columns != nil {
			export.Columns = columnsChecker{c, table}.check(columns)
		}
		job.Exports = append(job.Exports, export)
	}
	return job
}
