package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

func TestTheExitStatusOfAnApplyFollowsFromItsEnding(t *testing.T) {
	full := errors.New("write out/x.parquet: no space left on device")
	unproven := fmt.Errorf("inbox_messages: %w", exporter.ErrIncomplete)
	complete := engine.Summary{Proof: exporter.Proof{Complete: true}}
	tables := func(errs ...error) engine.Summary {
		var summary engine.Summary
		for _, err := range errs {
			summary.Tables = append(summary.Tables, engine.TableSummary{Table: "inbox_labels", Err: err})
		}
		return summary
	}
	kept := func(summary engine.Summary) engine.Summary {
		summary.Kept = &exporter.Kept{Pages: 37, From: day(1), Until: day(2), Expires: day(25)}
		return summary
	}
	for name, test := range map[string]struct {
		interrupted bool
		summary     engine.Summary
		err         error
		status      exporter.ExitStatus
		shows       string
	}{
		"done":                                   {summary: complete},
		"written without a proof":                {status: exporter.ExitIncomplete},
		"unproven":                               {err: unproven, status: exporter.ExitIncomplete, shows: "not proven complete"},
		"shrunk":                                 {err: engine.ErrShrunk, status: exporter.ExitIncomplete, shows: engine.ErrShrunk.Error()},
		"a table failed, one is unproven":        {summary: tables(exporter.ErrNoAccess, unproven), err: errors.Join(exporter.ErrNoAccess, unproven), status: exporter.ExitError, shows: exporter.ErrNoAccess.Error()},
		"a table failed, and pages are kept":     {summary: kept(tables(full)), err: full, status: exporter.ExitError, shows: "37 pages"},
		"interrupted":                            {interrupted: true, err: fmt.Errorf("read: %w", errInterrupted), status: exporter.ExitInterrupted},
		"interrupted after a table failed":       {interrupted: true, summary: tables(full, errInterrupted), err: errors.Join(full, errInterrupted), status: exporter.ExitInterrupted},
		"a full disk just before an interrupt":   {interrupted: true, err: full, status: exporter.ExitError},
		"unproven tables only, then interrupted": {interrupted: true, summary: tables(unproven), err: unproven, status: exporter.ExitIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if test.interrupted {
				cancel(errInterrupted)
			}
			c := newConsole("")
			end := jobEnd{engine.EndingOf(ctx, test.summary, test.err), test.summary, test.err, usualWorkDir}
			err := end.shown(newHumanView(c.App, settings{}))
			status := exporter.ExitStatus(0)
			if err != nil {
				status = statusOf(err)
			}
			if status != test.status || !strings.Contains(c.both(), test.shows) {
				t.Errorf("exit %d, want %d, printed %q", status, test.status, c.both())
			}
		})
	}
}
