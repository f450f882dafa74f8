package engine

import (
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// delivered counts the pages of a reading, and knows which of them an earlier
// run has delivered: of the pages that the journal gives again, those that its
// last checkpoint counted.
type delivered struct {
	obs     exporter.Observer
	journal *runJournal
	name    string
	// from is the checkpoint to resume from; nil when there is none, or none that
	// can be used.
	from  *Checkpoint
	pages int64
}

// newDelivered begins to count.
func newDelivered(of journals, from *Checkpoint, table *schema.Table, survey exporter.Survey, journal *runJournal) *delivered {
	d := &delivered{obs: of.obs, journal: journal, from: from}
	if journal.inner == nil {
		d.startOver("there is no journal to resume from")
		return d
	}
	name, err := of.name(table, survey, nil)
	switch {
	case err != nil:
		d.startOver(err.Error())
	case d.from != nil && d.from.Journal != name:
		d.startOver("it belongs to another configuration, team or version")
	}
	d.name = name
	return d
}

// startOver forgets the checkpoint.
func (d *delivered) startOver(reason string) {
	if d.from != nil {
		d.obs.Observe(exporter.StartedOver{Reason: "the checkpoint cannot be used: " + reason})
		d.from = nil
	}
}

// next takes a page. It reports false when there is nothing new in it for the
// consumer.
func (d *delivered) next(page exporter.Page) (Batch, bool) {
	if d.pages == 0 {
		switch {
		case !page.Recalled:
			d.startOver("the journal of that reading is gone")
		case d.from != nil && d.from.Mark != d.journal.mark:
			d.startOver("the journal is of another reading")
		}
	}
	d.pages++
	if page.Record.NumRows() == 0 || d.from != nil && page.Recalled && d.pages <= d.from.Pages {
		return Batch{}, false
	}
	batch := Batch{Record: page.Record}
	// A page that is asked for is entered into the journal after it is delivered. If
	// the process ends in between, it is asked for again and delivered again, since
	// only pages out of the journal are left out.
	if d.name != "" && d.journal.mark != "" {
		batch.Checkpoint = &Checkpoint{Journal: d.name, Mark: d.journal.mark, Pages: d.pages}
	}
	return batch, true
}
