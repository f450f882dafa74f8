package door

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// Choice is a table as a host wants it.
type Choice struct {
	// Table has the columns that the host gets.
	Table *schema.Table
	// Job exports this table alone.
	Job exporter.Job
}

// Choose takes a table out of a job, and leaves out the columns that the host has
// deselected beside those that the job leaves out. A column that rows cannot do without
// stays.
func Choose(job exporter.Job, name string, deselected ...string) (Choice, error) {
	table, ok := schema.Lookup(name)
	if !ok {
		return Choice{}, &InputError{exporter.WithHint(fmt.Errorf("unknown stream %q", name), "The streams are: "+strings.Join(schema.TableNames(), ", ")+".")}
	}
	export := exporter.Export{Table: name}
	for _, one := range job.Exports {
		if one.Table == name {
			export = one
		}
	}
	exclude := slices.Clone(export.Columns.Exclude)
	for _, column := range deselected {
		if table.MayExclude(column) == nil {
			exclude = append(exclude, column)
		}
	}
	slices.Sort(exclude)
	export.Columns.Exclude = slices.Compact(exclude)
	export.Columns.Hash = slices.DeleteFunc(slices.Clone(export.Columns.Hash), func(hashed string) bool {
		return slices.ContainsFunc(deselected, func(out string) bool { return hashed == out || strings.HasPrefix(hashed, out+".") })
	})
	selected, err := table.Select(export.Columns.Selection)
	if err != nil {
		return Choice{}, fmt.Errorf("columns: %w", err)
	}
	job.Exports = []exporter.Export{export}
	return Choice{Table: selected, Job: job}, nil
}
