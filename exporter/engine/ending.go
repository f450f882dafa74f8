package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/lemexport/lemexport/exporter"
)

// EndingOf is how an apply with that summary and error ended.
func EndingOf(ctx context.Context, summary Summary, err error) exporter.Ending {
	if err == nil && summary.Proof.Complete {
		return exporter.EndDone
	}
	endings := []exporter.Ending{endingOf(ctx, err)}
	for _, table := range summary.Tables {
		endings = append(endings, endingOf(ctx, table.Err))
	}
	for _, worst := range []exporter.Ending{exporter.EndInterrupted, exporter.EndFailed} {
		if slices.Contains(endings, worst) {
			return worst
		}
	}
	return exporter.EndUnproven
}

// endingOf is how a part of a run with that error ended.
func endingOf(ctx context.Context, err error) exporter.Ending {
	switch {
	case err == nil:
		return exporter.EndDone
	case errors.Is(err, exporter.ErrIncomplete) || errors.Is(err, ErrShrunk):
		return exporter.EndUnproven
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
		return exporter.EndInterrupted
	}
	return exporter.EndFailed
}

// observers pass an event on to each.
type observers []exporter.Observer

// Observe implements [exporter.Observer].
func (o observers) Observe(event exporter.Event) {
	for _, one := range o {
		one.Observe(event)
	}
}
