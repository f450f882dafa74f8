package exporter

import "errors"

// ExitStatus is what a process that ends with an error reports (design: command line).
type ExitStatus int

// The exit statuses. ExitIncomplete also says that [ErrShrunk] stopped an export.
const (
	ExitError       ExitStatus = 1
	ExitPending     ExitStatus = 2
	ExitIncomplete  ExitStatus = 3
	ExitInterrupted ExitStatus = 130
)

// ErrIncomplete is wrapped by the error of an export that is not proven complete.
var ErrIncomplete = errors.New("export is not proven complete")

// ErrBusy is wrapped by the error of a run whose destination another run holds.
var ErrBusy = errors.New("destination is in use by another run")

// ErrConflict is wrapped by the error of a run whose destination was written by
// another one in the meantime. Nothing of the other run is lost.
var ErrConflict = errors.New("another run has written the destination in the meantime")

type hintedError struct {
	error
	hint string
}

func (h hintedError) Unwrap() error { return h.error }

// WithHint attaches to err one or two full sentences that tell a person what to do.
// The message of err stays as it is.
func WithHint(err error, hint string) error {
	if err == nil {
		return nil
	}
	return hintedError{err, hint}
}

// Hint returns the outermost hint attached to err, or "".
func Hint(err error) string {
	if h, ok := errors.AsType[hintedError](err); ok {
		return h.hint
	}
	return ""
}
