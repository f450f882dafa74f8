package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// callStatus is how the work of a streaming call ended.
type callStatus struct {
	outcome pluginv1.Outcome
	diags   exporter.Diagnostics
	elapsed time.Duration
}

// answer does the work of a streaming call: it sends the events while work is
// running and, at the end, the message that last makes of the result. The result
// is what is known even when work fails. Only a success ends the stream with OK.
func answer[Message, Result any](
	ctx context.Context, calls *calls, events *eventBuffer, to *sender[Message],
	work func(context.Context) (Result, error), last func(Result, callStatus) Message,
) error {
	started := events.now()
	ctx, end, err := calls.begin(ctx)
	defer end()
	var result Result
	if err == nil {
		err = to.sendWhile(ctx, events, func() (err error) {
			result, err = work(ctx)
			return err
		})
	}
	if cancelled := cancelledByHost(ctx); cancelled != nil {
		return cancelled
	}
	how := statusOf(ctx, err)
	how.elapsed = events.now().Sub(started)
	if err := to.send(last(result, how)); err != nil || how.outcome == pluginv1.Outcome_OUTCOME_COMPLETE {
		return err
	}
	name := strings.ToLower(strings.TrimPrefix(how.outcome.String(), "OUTCOME_"))
	return status.Error(codes.Aborted, name+": "+how.diags.Error())
}

func statusOf(ctx context.Context, err error) callStatus {
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return callStatus{outcome: pluginv1.Outcome_OUTCOME_COMPLETE}
	case errors.Is(err, exporter.ErrIncomplete):
		return callStatus{outcome: pluginv1.Outcome_OUTCOME_INCOMPLETE, diags: exporter.Diagnose(err)}
	case errors.Is(err, engine.ErrShrunk):
		return callStatus{outcome: pluginv1.Outcome_OUTCOME_SHRUNK, diags: exporter.Diagnose(err)}
	case cause != nil:
		return callStatus{outcome: pluginv1.Outcome_OUTCOME_STOPPED, diags: exporter.Diagnose(cause)}
	}
	return callStatus{outcome: pluginv1.Outcome_OUTCOME_FAILED, diags: exporter.Diagnose(err)}
}

// cancelledByHost returns the gRPC status of a call that the host has cancelled
// or whose deadline has passed, else nil: other causes come from this process.
func cancelledByHost(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return status.FromContextError(cause).Err()
	}
	return nil
}

func unknownTable(name string) error {
	return exporter.WithHint(fmt.Errorf("unknown table %q", name), "Describe lists the tables.")
}
