package plugin

import (
	"context"
	"errors"
	"sync"
	"time"
)

// calls are the Plans, Reads and Exports that are running.
type calls struct {
	mu      sync.Mutex
	closed  error // why no further call may begin; nil while they may
	running map[*context.CancelCauseFunc]struct{}
	idle    chan struct{} // closed when no call is running and none may begin
}

// stopTimeout is how long stop waits for the running calls. A call whose host
// takes no message ends only with the connection.
const stopTimeout = 5 * time.Second

// errStopped ends the calls of a host that stops the plugin.
var errStopped = errors.New("the host has stopped the plugin")

func newCalls() *calls {
	return &calls{running: make(map[*context.CancelCauseFunc]struct{}), idle: make(chan struct{})}
}

// begin registers a call; end must be called when it is over. After stop, the
// context is cancelled already, and the error is its cause.
func (c *calls) begin(ctx context.Context) (_ context.Context, end func(), err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed != nil {
		cancel(c.closed)
		return ctx, func() {}, c.closed
	}
	c.running[&cancel] = struct{}{}
	return ctx, func() {
		cancel(nil)
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.running, &cancel)
		if c.closed != nil && len(c.running) == 0 {
			close(c.idle)
		}
	}, nil
}

// number is how many calls are running.
func (c *calls) number() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running)
}

// stop cancels all running calls, waits for them up to stopTimeout, and returns
// their number. No call begins after it.
func (c *calls) stop(why error) int {
	c.mu.Lock()
	if c.closed == nil {
		c.closed = why
		if len(c.running) == 0 {
			close(c.idle)
		}
	}
	for cancel := range c.running {
		(*cancel)(why)
	}
	stopped := len(c.running)
	c.mu.Unlock()
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-c.idle:
	case <-timeout.C:
	}
	return stopped
}
