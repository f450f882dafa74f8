package teams

import (
	"context"
	"errors"
	"time"

	"github.com/lemexport/lemexport/exporter"
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
	return Result{Team: one.Job.Team, Outcome: outcomeOf(ctx, summary, err), Summary: summary, Err: err}
}

func outcomeOf(ctx context.Context, summary engine.Summary, err error) Outcome {
	switch {
	case err == nil && summary.Proof.Complete:
		return Done
	case err == nil || unproven(summary, err):
		return Unproven
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
		return Interrupted
	}
	return Failed
}

// unproven reports whether everything that was not written was read, but not proven.
func unproven(summary engine.Summary, err error) bool {
	doubtful := func(err error) bool {
		return err == nil || errors.Is(err, exporter.ErrIncomplete) || errors.Is(err, engine.ErrShrunk)
	}
	for _, table := range summary.Tables {
		if !doubtful(table.Err) {
			return false
		}
	}
	return doubtful(err)
}
