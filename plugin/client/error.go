package client

import (
	"errors"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// ErrPluginGone is wrapped by the error of a call whose plugin process has ended.
var ErrPluginGone = errors.New("the plugin process has ended")

// ErrStopped is wrapped by the error of a call that Stop, or a signal to the
// plugin, has ended.
var ErrStopped = errors.New("stopped")

// errNoResult is the error of a stream that ended well without a result.
var errNoResult = errors.New("the plugin ended the stream without a result")

// statusError is the error of a result, nil for a success.
func statusError(outcome pluginv1.Outcome, diags exporter.Diagnostics) error {
	switch outcome {
	case pluginv1.Outcome_OUTCOME_COMPLETE:
		return nil
	case pluginv1.Outcome_OUTCOME_INCOMPLETE:
		return fmt.Errorf("%w: %w", exporter.ErrIncomplete, diags)
	case pluginv1.Outcome_OUTCOME_SHRUNK:
		return fmt.Errorf("%w: %w", engine.ErrShrunk, diags)
	case pluginv1.Outcome_OUTCOME_STOPPED:
		return fmt.Errorf("%w: %w", ErrStopped, diags)
	default:
		if err := diags.Err(); err != nil {
			return err
		}
		return fmt.Errorf("unknown outcome %s in the plugin's result", outcome)
	}
}
