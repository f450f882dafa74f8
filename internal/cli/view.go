package cli

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// view is a form of output: text for people, or JSON for programs.
type view interface {
	diagnostics(found exporter.Diagnostics)
	// plan shows a plan that was asked for, proposal one that is about to be applied.
	plan(plan engine.Plan)
	proposal(plan engine.Plan)
	// planSaved names the file that a plan was saved in.
	planSaved(file string)
	// question asks for consent to a proposal; declined says that it was not given.
	question()
	declined(reason string)
	// summary shows what an apply did, and why it is not proven complete.
	summary(summary engine.Summary)
	// delivered shows what a read wrote to standard output, and why it is not proven
	// complete.
	delivered(summary engine.ReadSummary)
	verification(found engine.Verification)
	// shown shows what an export states about itself.
	shown(found engine.Shown)
	// pruning shows what prune would remove, and pruned what it has removed.
	pruning(plan *engine.Pruning)
	pruned(removed []string)
	// reported names the page that report wrote.
	reported(file string, size int64)
	// verified follows the last verification, and sums up the files of a folder.
	verified(total verifiedTotal)
	// initialized names the configuration that init has written.
	initialized(file string, arguments initArguments)
	// formatted names a file that fmt has rewritten, or would; diff is what would change,
	// where that was asked for.
	formatted(file, diff string)
	// listening says where the simulated API is.
	listening(server SimServer, options SimOptions)
	// traffic counts its requests by team.
	traffic(seen []SimTraffic)
	// stopping confirms a signal, interrupted says what the interrupt means for the files.
	stopping()
	interrupted(end *interruptedError)
	// kept says which pages the next apply can reuse.
	kept(left keptPages)
	// progress is the view of one run's events.
	showing[exporter.Event]

	// of is the view of one team of several.
	of(team string) view
	// teams is the view of several teams together.
	teams() teamsView
}

// teamsView shows what happens to several teams.
type teamsView interface {
	// plans shows plans that were asked for, proposal those that are about to be applied.
	plans(plans teamPlans)
	proposal(plans teamPlans)
	// summary shows what an apply did.
	summary(end teamsEnd)
	// eventsOf is the view of the events of so many teams.
	eventsOf(total int) showing[teamEvent]
}

// progressView shows the events of a run.
type progressView = progressOf[exporter.Event]

// progressOf shows events. Its methods are called from one goroutine at a time.
type progressOf[E any] interface {
	event(at time.Time, event E)
	tick(at time.Time)
	// end removes the status lines.
	end()
}

// showing makes the view of the events of one piece of work, and says how often it wants
// to tick.
type showing[E any] interface {
	progress() (progressOf[E], time.Duration)
}
