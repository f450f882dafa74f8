package exporter

import "errors"

// ExitStatus is what a process that ends with an error reports (design: command line).
type ExitStatus int

// The exit statuses. ExitIncomplete also says that [engine.ErrShrunk] stopped an export.
const (
	ExitError       ExitStatus = 1
	ExitPending     ExitStatus = 2
	ExitIncomplete  ExitStatus = 3
	ExitInterrupted ExitStatus = 130
)

// ErrIncomplete is wrapped by the error of an export that is not proven complete.
var ErrIncomplete = errors.New("export is not proven complete")

// ErrNoAccess is wrapped by the error of a table that the key may not read, while it may
// read others.
var ErrNoAccess = errors.New("the key has no access")

// ErrKeyRefused is wrapped by the error of a request whose key opens nothing: it is wrong, or
// its user or team is gone. No table can be read with it.
var ErrKeyRefused = errors.New("the API refuses the key")

// ErrBusy is wrapped by the error of a run whose destination another run holds.
var ErrBusy = errors.New("destination is in use by another run")

// ErrConflict is wrapped by the error of a run whose destination was written by
// another one in the meantime. Nothing of the other run is lost.
var ErrConflict = errors.New("another run has written the destination in the meantime")

// ErrAltered is wrapped by the error of an export whose bytes do not match its
// checksums, or, in a file without, its rows.
var ErrAltered = errors.New("the file was changed after it was written")

type hintedError struct {
	error
	hint string
}

func (h hintedError) Unwrap() error { return h.error }

// ErrUnreadable is wrapped by the error of a file that is there, or may be, and
// cannot be read: what is in it is not known, so it is never replaced.
var ErrUnreadable = errors.New("cannot be read")

// ErrNotFile is wrapped by the error of a name that is a folder or a device where
// a file belongs.
var ErrNotFile = errors.New("not a file")

// ConflictError is an [ErrConflict] that names the run that came first. The zero
// value names none.
type ConflictError struct{ RunID string }

// Error implements error.
func (e ConflictError) Error() string {
	if e.RunID == "" {
		return ErrConflict.Error()
	}
	return ErrConflict.Error() + ": run " + e.RunID
}

// Unwrap makes it an [ErrConflict].
func (e ConflictError) Unwrap() error { return ErrConflict }

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
