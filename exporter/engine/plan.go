package engine

import (
	"maps"
	"slices"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Plan is what an apply would do, as far as it can be known before the walk.
type Plan struct {
	RunID  string          `json:"run_id"`
	Survey exporter.Survey `json:"survey"`
	// Conversations is the sum of the users' totals: an upper bound for the rows,
	// since users share conversations. Nil when a user's total is unknown, when the
	// totals cannot be, or when no export has conversations.
	Conversations *int64 `json:"conversations_at_most"`
	// Requests is what reading all tables takes when nothing moves meanwhile; nil when
	// unknown: the number of new pages is known only while reading, unless the first
	// pages hold all that is new. Rows that move during the walk cost more.
	Requests *int64 `json:"requests"`
	// LeastTime is what the rate limit allows for Requests, in seconds; nil when unknown.
	LeastTime *float64 `json:"least_seconds"`
	// Tables has an entry per table when there are several; nil otherwise.
	Tables  []TablePlan  `json:"tables,omitempty"`
	Exports []ExportPlan `json:"exports"`
	// surveyed is when the survey began.
	surveyed time.Time
	// kept is what the journal of this very walk holds.
	kept *exporter.Kept
}

// Pending reports whether an apply has something to do for any export.
func (p Plan) Pending() bool {
	for _, export := range p.Exports {
		if !export.Unchanged {
			return true
		}
	}
	return false
}

// Warnings are what a person should know before an apply: why it will not write, as far as
// the survey shows that, and who else can read what it writes.
func (p Plan) Warnings() exporter.Diagnostics {
	found := unreadableRows(p.Survey)
	for _, export := range p.Exports {
		if export.Unwritable != "" {
			found = append(found, exporter.Diagnostic{
				Severity: exporter.SeverityWarning, Summary: export.File + " cannot be written", Detail: "Apply would fail: " + export.Unwritable,
			})
		}
		if export.Shrink != nil && export.Shrink.Expected {
			found = append(found, shrinkWarning(export, rowsAtMost(p, export.Table)))
		}
	}
	return append(found, openFiles(p.Exports)...)
}

// TablePlan is what reading one table takes.
type TablePlan struct {
	Table string `json:"table"`
	// Rows is an upper bound for the rows; nil when unknown.
	Rows *int64 `json:"rows_at_most"`
	// Requests is what the walk takes when nothing moves meanwhile; nil when unknown.
	Requests *int64 `json:"requests"`
}

// estimate is what reading a table takes. A user whose inbox fits one page is read with one
// request; every other list costs one more, for the sweep. One request is enough where
// the first page shows all that has moved.
func (p Plan) estimate(table string) TablePlan {
	plan := TablePlan{Table: table}
	survey := p.Survey.Of(table)
	if survey.Error != "" {
		return plan
	}
	var rows, requests int64
	since, known := p.since(table), true
	for _, part := range survey.Partitions {
		if part.TotalItems == nil || part.Pages == nil || !exporter.Plausible(*part.TotalItems) {
			return plan
		}
		if rows += *part.TotalItems; !exporter.Plausible(rows) {
			return plan
		}
		mark, bounded := since[part.Partition]
		switch {
		case *part.Pages <= 1 || bounded && part.Oldest != nil && part.Oldest.Before(mark.Floor):
			requests++
		case bounded:
			known = false
		default:
			requests += *part.Pages + 1
		}
	}
	plan.Rows = &rows
	if known {
		plan.Requests = &requests
	}
	return plan
}

// estimated is the plan with what follows from its survey.
func (p Plan) estimated() Plan {
	requests, known := int64(0), true
	for _, survey := range p.Survey.Tables {
		one := p.estimate(survey.Table)
		if table, ok := schema.Lookup(survey.Table); ok && table.PartitionBy == schema.PartitionUser {
			p.Conversations = one.Rows
		}
		switch {
		case survey.Error != "": // it is not read
		case one.Requests == nil:
			known = false
		default:
			requests += *one.Requests
		}
		if len(p.Survey.Tables) > 1 {
			p.Tables = append(p.Tables, one)
		}
	}
	if known {
		least := p.Survey.Rate.LeastTime(requests).Seconds()
		p.Requests, p.LeastTime = &requests, &least
	}
	return p
}

// Kept is what an apply of this plan finds; it goes on from there unless that is
// expired. It is nil when there is nothing.
func (p Plan) Kept() *exporter.Kept { return p.kept }

// StartOver makes the plan one of an apply with NoResume.
func (p Plan) StartOver() Plan {
	p.kept = nil
	return p
}

// exportsOf are the exports of a table, in order.
func (p Plan) exportsOf(table string) []ExportPlan {
	var exports []ExportPlan
	for _, export := range p.Exports {
		if export.Table == table {
			exports = append(exports, export)
		}
	}
	return exports
}

// needsAll reports whether an export of a table needs every row.
func (p Plan) needsAll(table string) bool {
	return slices.ContainsFunc(p.exportsOf(table), func(export ExportPlan) bool { return export.Increment == nil || export.Increment.Full != "" })
}

// since is where the walk of a table has to go so that every export has what it needs:
// it goes as far down as the export that needs most. Nil is a full walk.
func (p Plan) since(table string) map[string]exporter.Mark {
	var lowest map[string]exporter.Mark
	for i, export := range p.exportsOf(table) {
		if export.Increment == nil {
			return nil
		}
		needs := export.Increment.Since
		if i == 0 {
			lowest = maps.Clone(needs)
			continue
		}
		for id, mark := range lowest {
			other, ok := needs[id]
			switch {
			case !ok:
				delete(lowest, id)
			case other.Floor.Before(mark.Floor):
				lowest[id] = other
			}
		}
	}
	return lowest
}
