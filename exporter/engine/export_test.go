package engine

import "github.com/lemexport/lemexport/schema"

// UseTable makes the run export another version of its table.
func (r *Run) UseTable(table *schema.Table) {
	for i := range r.targets {
		r.targets[i].table = table
	}
}
