package cli

import (
	"cmp"
	"strings"

	"github.com/lemexport/lemexport/exporter/engine"
)

// fates counts the files of plans by what an apply does with them.
type fates struct{ create, replace, merge, add, unchanged, failing int64 }

func newFates(plans ...engine.Plan) (sum fates) {
	for _, plan := range plans {
		for _, export := range plan.Exports {
			switch {
			case plan.Survey.Of(export.Table).Error != "":
				sum.failing++
			case export.Unchanged:
				sum.unchanged++
			case export.Action == engine.ActionCreate:
				sum.create++
			case export.Action == engine.ActionReplace:
				sum.replace++
			case export.Action == engine.ActionMerge:
				sum.merge++
			case export.Action == engine.ActionAppend:
				sum.add++
			}
		}
	}
	return sum
}

// String names the counts that are not zero.
func (f fates) String() string {
	var parts []string
	for _, one := range []struct {
		n    int64
		fate string
	}{
		{f.create, "to create"}, {f.replace, "to replace"}, {f.merge, "to merge into"}, {f.add, "to add"}, {f.unchanged, "unchanged"}, {f.failing, "that cannot be read"},
	} {
		if one.n > 0 {
			parts = append(parts, count(one.n)+" "+one.fate)
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing to write")
}
