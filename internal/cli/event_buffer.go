package cli

import (
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// eventBuffer buffers events between the goroutines of a run and the one that shows them, so that
// a slow terminal does not slow the run. It is the run's observer.
type eventBuffer struct {
	now  func() time.Time
	wake chan struct{}

	mu     sync.Mutex
	events []observed
}

type observed struct {
	at    time.Time
	event exporter.Event
}

func newEventBuffer(now func() time.Time) *eventBuffer {
	return &eventBuffer{now: now, wake: make(chan struct{}, 1)}
}

// Observe implements [exporter.Observer].
func (b *eventBuffer) Observe(event exporter.Event) {
	b.mu.Lock()
	b.events = append(b.events, observed{b.now(), event})
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake already
	}
}

// during shows the events while work runs.
func (b *eventBuffer) during(app App, show view, work func() error) error {
	progress, every := show.progress()
	ticks, stop := app.Ticker(every)
	defer stop()
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer progress.end()
		for {
			select {
			case <-b.wake:
				b.drain(progress)
			case at := <-ticks:
				b.drain(progress)
				progress.tick(at)
			case <-done:
				b.drain(progress)
				return
			}
		}
	})
	defer watch.Wait() // also when work panics, so that the screen is left clean
	defer close(done)
	return work()
}

func (b *eventBuffer) drain(progress progressView) {
	b.mu.Lock()
	events := b.events
	b.events = nil
	b.mu.Unlock()
	for _, one := range events {
		progress.event(one.at, one.event)
	}
}
