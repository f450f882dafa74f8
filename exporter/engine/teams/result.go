package teams

import (
	"context"
	"time"

	"github.com/lemexport/lemexport/exporter/engine"
)

// Outcome is how the apply of a team ended.
type Outcome string

// The outcomes.
const (
	// Done means that every export is committed and proven complete.
	Done Outcome = "done"
	// Fresh means that the team was not read: every export of it is proven complete, and
	// younger than was asked for.
	Fresh Outcome = "fresh"
	// Unproven means that the team was read, but an export is not proven complete, or would
	// remove more rows than its configuration allows.
	Unproven Outcome = "unproven"
	// Failed means that an export could not be read or written.
	Failed Outcome = "failed"
	// Interrupted means that the run was stopped before every export was committed.
	Interrupted Outcome = "interrupted"
	// NotStarted means that the run was stopped before the turn of the team.
	NotStarted Outcome = "not_started"
)

// Result is the end of the apply of one team.
type Result struct {
	Team    string
	Outcome Outcome
	// Summary is what is known when it failed, too.
	Summary engine.Summary
	Err     error
	// ProvenAt is when the exports of a fresh team were proven.
	ProvenAt time.Time
}

func newResult(ctx context.Context, one Queued, summary engine.Summary, err error) Result {
	return Result{Team: one.Job.Team, Outcome: Outcome(engine.EndingOf(ctx, summary, err)), Summary: summary, Err: err}
}
