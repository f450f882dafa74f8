package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// apart compares the teams of a configuration: each has a name, a key and places for itself.
type apart struct {
	report *report
	// names are in lower case.
	names  map[string]team
	keys   map[string]string
	places map[exportPlace][]placed
}

// exportPlace is where an export writes a table.
type exportPlace struct{ table, folder string }

// placed is an export of a place.
type placed struct {
	team string
	// format is that of the one file of the export; "" where it writes several into a folder.
	format string
	at     place
}

// excludes reports whether two exports of a place would write the same files. One team can
// have a file of each format there.
func (p placed) excludes(other placed) bool {
	return p.team != other.team || p.format == "" || other.format == "" || p.format == other.format
}

func newApart(report *report) *apart {
	return &apart{report: report, names: make(map[string]team), keys: make(map[string]string), places: make(map[exportPlace][]placed)}
}

// name reports a name that another team has, or that differs from it in case only. It returns
// whether the name is new.
func (c *apart) name(t team) bool {
	if t.name == "" {
		return true
	}
	folded := strings.ToLower(t.name)
	first, taken := c.names[folded]
	switch {
	case !taken:
		c.names[folded] = t
		return true
	case first.name == t.name:
		c.report.element(teamNoun, t.name).fail(t.at, t.address, "Team named twice",
			fmt.Sprintf("The name is at %s already. Give one of the two another name.", c.report.where(first.at)))
	default:
		c.report.pair(first.name, t.name).fail(t.at, t.address, "Team names differ in case only",
			"Their folders would be one folder on many file systems. Give one of them another name.")
	}
	return false
}

// job reports what a job shares with another one.
func (c *apart) job(source *block, exports []*block, job exporter.Job) {
	c.key(source, job)
	for i, export := range job.Exports {
		if export.Destination == "" || export.Table == "" {
			continue
		}
		here := exportPlace{export.Table, cleanDestination(export.Destination)}
		at := exports[i].at
		one := placed{team: job.Team, at: at}
		if export.Mode != exporter.ModeAppend && !export.Versioned() {
			one.format = export.Format
		}
		var first placed
		other := slices.IndexFunc(c.places[here], one.excludes)
		taken := other >= 0
		if taken {
			first = c.places[here][other]
		}
		switch {
		case !taken:
			c.places[here] = append(c.places[here], one)
		case first.team != job.Team && first.at == at && !perTeam(exports[i]):
			// one block, whose destination is reported already
		case first.team == job.Team:
			c.report.of(job.Team).fail(at, exports[i].address, "Two exports to the same place",
				fmt.Sprintf("The export at %s writes the same table to the same destination. Remove one, or change its destination. Snapshots and merges of different formats can share one, except with layout = \"versioned\".", c.report.where(first.at)))
		default:
			if a := exports[i].attribute("destination"); a != nil {
				at = a.at
			}
			c.report.pair(first.team, job.Team).fail(at, exports[i].address, "Teams in the same place",
				fmt.Sprintf("Several teams write the same table to the same destination; the export of the first is at %s. Give them different destinations, for instance with each.key.", c.report.where(first.at)))
		}
	}
}

// keyAsName reports a key that is a part of the name of its team, and removes its value.
func (c *apart) keyAsName(source *block, t team) {
	a := source.attribute("api_key")
	if t.name == "" || a == nil || a.failed {
		return
	}
	if key := textOf(a.bare()); len(key) >= shortestSecret && strings.Contains(t.name, key) {
		report := c.report.of(t.name)
		report.secret(key)
		report.fail(a.at, a.address, "API key as the name of a team",
			"The name of a team contains its API key. Names are printed, and become folders. Use a map of names and keys, {name = key}, and api_key = each.value.")
		a.failed = true
	}
}

// key reports a key that another team has.
func (c *apart) key(source *block, job exporter.Job) {
	key, a := job.Source.APIKey.Reveal(), source.attribute("api_key")
	if key == "" || a == nil || job.Team == "" {
		return
	}
	first, taken := c.keys[key]
	if !taken {
		c.keys[key] = job.Team
		return
	}
	c.report.pair(first, job.Team).fail(a.at, a.address, "One API key for several teams",
		"Several teams have the same API key, so that one team would be exported several times. Give each team its own key, or remove all but one.")
}

// perTeam reports whether the destination of an export is computed for each team.
func perTeam(export *block) bool {
	a := export.attribute("destination")
	return a != nil && a.perTeam
}
