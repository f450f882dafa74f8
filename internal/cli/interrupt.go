package cli

import (
	"context"
	"errors"
	"sync"
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
