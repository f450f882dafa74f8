package plugin

import (
	"context"
	"errors"
	"sync"
	"time"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// eventInterval is the least time between two deliveries of events. Events that
// happen in between are merged.
const eventInterval = 100 * time.Millisecond

// sender sends messages to a host. Batches and events come from different
// goroutines, and a gRPC stream takes one message at a time.
type sender[Message any] struct {
	mu    sync.Mutex
	write func(Message) error
	wrap  func(*pluginv1.Event) Message
}

// newSender makes a sender over a stream's Send; wrap makes a message of an event.
func newSender[Message any](write func(Message) error, wrap func(*pluginv1.Event) Message) *sender[Message] {
	return &sender[Message]{write: write, wrap: wrap}
}

// send sends a message. It blocks while the host takes none.
func (s *sender[Message]) send(message Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(message)
}

// sendWhile sends the buffered events while work is running, and the remaining
// ones after it. It returns the error of work.
func (s *sender[Message]) sendWhile(ctx context.Context, events *eventBuffer, work func() error) error {
	done := make(chan struct{})
	var sending sync.WaitGroup
	sending.Go(func() {
		interval := time.NewTimer(eventInterval)
		defer interval.Stop()
		for ctx.Err() == nil {
			select {
			case <-events.ready:
			case <-done:
				return
			}
			if s.sendEvents(events) != nil {
				return // work fails on the same stream
			}
			interval.Reset(eventInterval)
			select {
			case <-interval.C:
			case <-done:
				return
			}
		}
	})
	err := work()
	close(done)
	sending.Wait()
	return errors.Join(err, s.sendEvents(events))
}

func (s *sender[Message]) sendEvents(events *eventBuffer) error {
	for _, event := range events.drain() {
		if err := s.send(s.wrap(event)); err != nil {
			return err
		}
	}
	return nil
}
