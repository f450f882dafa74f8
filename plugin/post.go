package plugin

import (
	"context"
	"errors"
	"sync"
	"time"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// eventPause is the least time between two deliveries of events: what happens in
// between is merged.
const eventPause = 100 * time.Millisecond

// post is the way to a host: a stream that takes one message at a time.
type post[Message any] struct {
	mu   sync.Mutex
	send func(Message) error
	wrap func(*pluginv1.Event) Message
}

// put sends a message. It blocks as long as the host takes none.
func (p *post[Message]) put(message Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.send(message)
}

// during sends the events of out while work runs, and those that are left after
// it. The error is that of work.
func (p *post[Message]) during(ctx context.Context, out *outbox, work func() error) error {
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		pause := time.NewTimer(eventPause)
		defer pause.Stop()
		for ctx.Err() == nil {
			select {
			case <-out.wake:
			case <-done:
				return
			}
			if p.events(out) != nil {
				return // work will find out as well
			}
			pause.Reset(eventPause)
			select {
			case <-pause.C:
			case <-done:
				return
			}
		}
	})
	err := work()
	close(done)
	watch.Wait()
	return errors.Join(err, p.events(out))
}

func (p *post[Message]) events(out *outbox) error {
	for _, event := range out.drain() {
		if err := p.put(p.wrap(event)); err != nil {
			return err
		}
	}
	return nil
}
