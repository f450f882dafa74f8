package cli

import (
	"errors"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
)

// jobEnd is the end of the apply of a configuration of one source.
type jobEnd struct {
	ending  exporter.Ending
	summary engine.Summary
	err     error
	workDir string
}

// shown shows what was done and what was not, and returns the error that ends the command.
func (e jobEnd) shown(show view) error {
	if e.summary.Done() > 0 || errors.Is(e.err, exporter.ErrIncomplete) || errors.Is(e.err, engine.ErrShrunk) {
		show.summary(e.summary)
	}
	err := keeping(e.err, e.summary.Kept, e.workDir)
	switch e.ending {
	case exporter.EndDone:
		return nil
	case exporter.EndInterrupted:
		return &interruptedError{consequence: consequence(e.summary), err: err}
	case exporter.EndUnproven:
		if e.err != nil { // otherwise the summary has the reasons
			show.diagnostics(whyNotDone(e.summary, e.err))
		}
		return ended{exporter.ExitIncomplete}
	case exporter.EndFailed:
	}
	if len(failures(e.summary)) == 0 {
		return err
	}
	show.diagnostics(whyNotDone(e.summary, e.err))
	if kept := e.summary.Kept; kept != nil {
		show.kept(keptPages{*kept, e.workDir})
	}
	return ended{exporter.ExitError}
}

// whyNotDone are the diagnostics of an apply with an error: those of its tables where there
// are several.
func whyNotDone(summary engine.Summary, err error) exporter.Diagnostics {
	var found exporter.Diagnostics
	for _, one := range failures(summary) {
		found = append(found, one.diagnostics()...)
	}
	switch {
	case len(found) > 0:
		return found
	case errors.Is(err, exporter.ErrIncomplete):
		return doubts(err, summary.Proof)
	}
	return exporter.Diagnose(err)
}

// tableFailure is a table of several whose exports were not written.
type tableFailure engine.TableSummary

// failures are the tables whose exports were not written.
func failures(summary engine.Summary) []tableFailure {
	var failed []tableFailure
	for _, table := range summary.Tables {
		if table.Err != nil {
			failed = append(failed, tableFailure(table))
		}
	}
	return failed
}

func (f tableFailure) diagnostics() exporter.Diagnostics {
	if errors.Is(f.Err, exporter.ErrIncomplete) {
		found := doubts(f.Err, f.Proof)
		found[0].Summary = f.Table + ": " + found[0].Summary
		return found
	}
	return exporter.Diagnose(f.Err)
}

// doubts is the error of an export that is not proven complete, with its reasons as a
// list.
func doubts(err error, proof exporter.Proof) exporter.Diagnostics {
	return exporter.Diagnostics{{
		Severity: exporter.SeverityError,
		Summary:  exporter.ErrIncomplete.Error(),
		Detail:   bullets(proof.Reasons) + "\n" + exporter.Hint(err),
	}}
}

// consequence says what an interrupted apply leaves behind.
func consequence(summary engine.Summary) string {
	switch {
	case len(summary.Exports) == 0:
		return "the destination is as it was"
	case summary.Done() == summary.Wanted:
		return "every export was committed"
	}
	files := make([]string, 0, len(summary.Exports))
	for _, export := range summary.Exports {
		files = append(files, export.File)
	}
	return "committed: " + strings.Join(files, ", ") + "; the rest is as it was"
}
