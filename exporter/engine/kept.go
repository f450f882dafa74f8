package engine

import (
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// readKept reads a journal to its end. What cannot be read is nothing that could
// be promised.
func (r *Run) readKept(journal exporter.Journal) *exporter.Kept {
	if journal == nil || r.engine.ReadJournal == nil {
		return nil
	}
	kept, err := r.engine.ReadJournal(journal)
	if err != nil || kept.Pages == 0 {
		return nil
	}
	r.judge(&kept)
	return &kept
}

// keptFor looks for the journal of the walk that a plan would make. It changes
// nothing, and gives nothing while another run is at it.
func (r *Run) keptFor(table *schema.Table, plan Plan) *exporter.Kept {
	if !r.keepsJournal(table) {
		return nil
	}
	name, err := r.journalName(table, plan.Survey, plan.since(table.Name))
	if err != nil {
		return nil
	}
	journal, err := r.engine.Workspace.Look(name)
	if err != nil {
		return nil
	}
	defer func() { _ = journal.Close() }() // nothing was written
	sealed, err := seal(journal, name, r.config.APIKey)
	if err != nil {
		return nil
	}
	return r.readKept(sealed)
}

// keptAfter is what a failed walk and its exports leave to the next apply; nil when
// that could not use it: an increment goes on from the files, so that the walk of the
// next one is another once a file was written, as done says.
func (r *Run) keptAfter(failed error, journal *runJournal, targets []lockedTarget, done bool) *exporter.Kept {
	if failed == nil || journal.inner == nil {
		return nil
	}
	for _, target := range targets {
		if done && target.Mode != exporter.ModeSnapshot {
			return nil
		}
	}
	kept := r.readKept(journal.inner)
	if kept != nil && kept.Expired != "" {
		return nil
	}
	return kept
}
