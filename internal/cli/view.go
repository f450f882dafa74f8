package cli

import (
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// view is one form of output. There are two: text for people, JSON for programs.
type view interface {
	diagnostics(found exporter.Diagnostics)
	// plan shows a plan that was asked for, proposal one that is about to be applied.
	plan(plan engine.Plan)
	proposal(plan engine.Plan)
	// question asks for the consent to a proposal; declined says that it was not given.
	question()
	declined(reason string)
	// summary shows what an apply did, and what its incomplete walk found.
	summary(summary engine.Summary)
	// delivered shows what a read gave to standard output, and what its incomplete
	// walk found.
	delivered(summary engine.ReadSummary)
	verification(found engine.Verification)
	// reported names the page that report wrote.
	reported(file string, size int64)
	// verified follows the last verification, and sums up the files of a folder.
	verified(total verifiedTotal)
	// formatted names a file that fmt has rewritten, or would.
	formatted(file string)
	// listening says where the simulated API is.
	listening(server SimServer, options SimOptions)
	// stopping confirms a signal, interrupted says what it has led to.
	stopping()
	interrupted(end *interruptedError)
	// kept says what the next apply goes on from.
	kept(left leftover)
	// progress returns a view of one run's events and how often it wants to tick.
	progress() (progressView, time.Duration)
}

// progressView shows the events of a run. Its methods are called from one
// goroutine at a time.
type progressView interface {
	event(at time.Time, event exporter.Event)
	tick(at time.Time)
	// end removes what should not stay.
	end()
}
