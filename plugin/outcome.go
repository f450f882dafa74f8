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
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ending is how a streaming call ended.
type ending struct {
	outcome pluginv1.Outcome
	diags   exporter.Diagnostics
	elapsed time.Duration
}

// answer does the work of a streaming call, sends its events meanwhile and the
// result at the end. Only a success ends the stream with OK.
func answer[Message any](
	ctx context.Context, s *Server, out *outbox, to *post[Message], work func(context.Context) error, result func(ending) Message,
) error {
	started := out.now()
	working, end, err := s.begin(ctx)
	defer end()
	if err == nil {
		err = to.during(working, out, func() error { return work(working) })
	}
	if hung := hungUp(working); hung != nil {
		return hung
	}
	how := endingOf(working, err)
	how.elapsed = out.now().Sub(started)
	if err := to.put(result(how)); err != nil || how.outcome == pluginv1.Outcome_OUTCOME_COMPLETE {
		return err
	}
	name := strings.ToLower(strings.TrimPrefix(how.outcome.String(), "OUTCOME_"))
	return status.Error(codes.Aborted, name+": "+how.diags.Error())
}

func endingOf(ctx context.Context, err error) ending {
	cause := context.Cause(ctx)
	switch {
	case err == nil:
		return ending{outcome: pluginv1.Outcome_OUTCOME_COMPLETE}
	case errors.Is(err, exporter.ErrIncomplete):
		return ending{outcome: pluginv1.Outcome_OUTCOME_INCOMPLETE, diags: diagnose(err)}
	case errors.Is(err, exporter.ErrShrunk):
		return ending{outcome: pluginv1.Outcome_OUTCOME_SHRUNK, diags: diagnose(err)}
	case cause != nil:
		return ending{outcome: pluginv1.Outcome_OUTCOME_STOPPED, diags: diagnose(cause)}
	}
	return ending{outcome: pluginv1.Outcome_OUTCOME_FAILED, diags: diagnose(err)}
}

// hungUp is the status of a call that its host has cancelled, else nil.
func hungUp(ctx context.Context) error {
	if cause := context.Cause(ctx); errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return status.FromContextError(cause).Err()
	}
	return nil // other causes are our own
}

// diagnose turns an error into diagnostics.
func diagnose(err error) exporter.Diagnostics {
	if err == nil {
		return nil
	}
	if diags, ok := errors.AsType[exporter.Diagnostics](err); ok {
		return diags
	}
	return exporter.Diagnostics{{Severity: exporter.SeverityError, Summary: err.Error(), Detail: exporter.Hint(err)}}
}

func unknownTable(name string) error {
	return exporter.WithHint(fmt.Errorf("unknown table %q", name), "Describe lists the tables.")
}
