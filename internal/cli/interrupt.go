package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/lemexport/lemexport/exporter"
)

// errInterrupted is the cause of a context that a signal cancelled.
var errInterrupted = errors.New("interrupted")

// interruptedError is the end of a command that the user interrupted.
type interruptedError struct {
	// consequence says what that means for the destination: one clause.
	consequence string
	err         error
}

func (e *interruptedError) Error() string { return "interrupted; " + e.consequence }
func (e *interruptedError) Unwrap() error { return e.err }

// keptError is an error after which the next apply can reuse pages.
type keptError struct {
	error
	kept keptPages
}

func (e keptError) Unwrap() error { return e.error }

// keptPages are the pages that an interrupted apply kept.
type keptPages struct {
	exporter.Kept
	// WorkDir is the folder that they are in.
	WorkDir string `json:"work_dir"`
}

// keeping adds the kept pages to an error; nil means none.
func keeping(err error, kept *exporter.Kept, workDir string) error {
	if err == nil || kept == nil {
		return err
	}
	return keptError{err, keptPages{*kept, workDir}}
}

// interruptible runs work with a context that the first SIGINT, SIGTERM or SIGHUP
// cancels. A second signal has its default effect: the process ends at once.
func interruptible(ctx context.Context, app App, show view, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	signals, stop := app.Interrupts()
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-signals:
			stop()
			show.stopping()
			cancel(errInterrupted)
		case <-done:
		}
	})
	err := work(ctx)
	close(done)
	watch.Wait()
	stop()
	cancel(nil)
	return err
}

// interruption turns the error of work that a signal ended into one that says so.
func interruption(ctx context.Context, err error, consequence string) error {
	if err == nil || !errors.Is(context.Cause(ctx), errInterrupted) {
		return err
	}
	return &interruptedError{consequence: consequence, err: err}
}
