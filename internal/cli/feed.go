package cli

import (
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// feed buffers events between the goroutines of a run and the one that shows them, so that
// a slow terminal does not slow the run. It is the run's observer.
type feed struct {
	now  func() time.Time
	wake chan struct{}

	mu     sync.Mutex
	events []observed
}

type observed struct {
	at    time.Time
	event exporter.Event
}

func newFeed(now func() time.Time) *feed {
	return &feed{now: now, wake: make(chan struct{}, 1)}
}

// Observe implements [exporter.Observer].
func (f *feed) Observe(event exporter.Event) {
	f.mu.Lock()
	f.events = append(f.events, observed{f.now(), event})
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default: // it is awake already
	}
}

// during shows the events while work runs.
func (f *feed) during(app App, show view, work func() error) error {
	progress, every := show.progress()
	ticks, stop := app.Ticker(every)
	defer stop()
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer progress.end()
		for {
			select {
			case <-f.wake:
				f.drain(progress)
			case at := <-ticks:
				f.drain(progress)
				progress.tick(at)
			case <-done:
				f.drain(progress)
				return
			}
		}
	})
	defer watch.Wait() // also when work panics, so that the screen is left clean
	defer close(done)
	return work()
}

func (f *feed) drain(progress progressView) {
	f.mu.Lock()
	events := f.events
	f.events = nil
	f.mu.Unlock()
	for _, one := range events {
		progress.event(one.at, one.event)
	}
}
