package cli

import (
	"sync"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// buffer keeps events between the goroutines of a run and the one that shows them, so that
// a slow terminal does not slow the run.
type buffer[E any] struct {
	now  func() time.Time
	wake chan struct{}

	mu     sync.Mutex
	events []timed[E]
}

// eventBuffer is the observer of one run.
type eventBuffer = buffer[exporter.Event]

// timed is an event with its time.
type timed[E any] struct {
	at    time.Time
	event E
}

type observed = timed[exporter.Event]

func newEventBuffer(now func() time.Time) *eventBuffer { return newBuffer[exporter.Event](now) }

func newBuffer[E any](now func() time.Time) *buffer[E] {
	return &buffer[E]{now: now, wake: make(chan struct{}, 1)}
}

// Observe adds an event. It implements [exporter.Observer].
func (b *buffer[E]) Observe(event E) {
	b.mu.Lock()
	b.events = append(b.events, timed[E]{b.now(), event})
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // it is awake already
	}
}

// during shows the events while work runs.
func (b *buffer[E]) during(app App, show showing[E], work func() error) error {
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

func (b *buffer[E]) drain(progress progressOf[E]) {
	b.mu.Lock()
	events := b.events
	b.events = nil
	b.mu.Unlock()
	for _, one := range events {
		progress.event(one.at, one.event)
	}
}
