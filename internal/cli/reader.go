package cli

import (
	"context"
	"errors"
	"sync"

	"github.com/lemexport/lemexport/exporter"
)

// errReaderGone is the cause of a context that ended because nobody reads the rows.
var errReaderGone = errors.New("the program that reads standard output has ended")

// whileRead ends work when nobody can read standard output any more. Rows are written
// after the whole table is read: without that, a run would take minutes of the rate
// limit for a program that has been killed.
func whileRead(ctx context.Context, app App, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		if app.ReaderGone(ctx) {
			cancel(errReaderGone)
		}
	})
	err := work(ctx)
	cancel(nil)
	watch.Wait()
	if err != nil && errors.Is(context.Cause(ctx), errReaderGone) {
		return exporter.WithHint(errReaderGone, "The rows that it did not read are lost. Run it again.")
	}
	return err
}
