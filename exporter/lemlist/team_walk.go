package lemlist

import (
	"context"
	"iter"

	"github.com/lemexport/lemexport/exporter"
)

// teamWalk is a walk that finds out whom to read when it starts.
type teamWalk struct {
	ctx    context.Context //nolint:containedctx // a walk is one run; Pages has no argument to carry it
	source *Source
	since  map[string]exporter.Mark
	// journal is where the walk is kept; nil is nowhere.
	journal exporter.Journal
	inner   exporter.Walk // nil until the team is known
}

// Pages implements exporter.Walk.
func (w *teamWalk) Pages() iter.Seq2[exporter.Page, error] {
	return func(yield func(exporter.Page, error) bool) {
		users, err := w.source.usersToRead(w.ctx)
		if err != nil {
			yield(exporter.Page{}, err)
			return
		}
		walk := newWalk(w.ctx, w.source, users, w.source.margin, w.source.obs)
		walk.inboxes.since, walk.takeover.journal = w.since, w.journal
		walk.concurrency.memory = w.source.memory / inFlightShare
		w.inner = walk
		defer w.source.surveyed.drop()
		walk.Pages()(yield)
	}
}

// Proof implements exporter.Walk.
func (w *teamWalk) Proof() exporter.Proof {
	if w.inner == nil {
		return exporter.Proof{Reasons: []string{"The team could not be read."}}
	}
	return w.inner.Proof()
}
