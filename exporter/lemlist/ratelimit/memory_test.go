package ratelimit

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
)

// sharedText is the text of a ledger that processes of a test share.
type sharedText struct {
	mu   sync.Mutex
	text []byte
}

// memoryLedger is the ledger of one process.
type memoryLedger struct {
	shared *sharedText

	mu     sync.Mutex
	err    error // of every Lock
	stuck  bool  // a stopped process holds the lock
	locked int   // times
}

var (
	errKilled = errors.New("killed")
	errBroken = errors.New("read-only file system")
)

// kill ends the process: it writes no more.
func (l *memoryLedger) kill() { l.fail(errKilled) }

func (l *memoryLedger) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *memoryLedger) Lock(ctx context.Context) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stuck {
		<-ctx.Done()
	}
	if err := errors.Join(l.err, ctx.Err()); err != nil {
		return nil, err
	}
	l.locked++
	l.shared.mu.Lock()
	return l.shared.text, nil
}

func (l *memoryLedger) Unlock(text []byte) error {
	defer l.shared.mu.Unlock()
	l.shared.text = bytes.Clone(text)
	return nil
}

// write replaces the text.
func (s *sharedText) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = []byte(text)
}

// sharing is a limiter that uses a ledger, which must not fail unless its process is
// killed.
func sharing(t *testing.T, ledger Ledger) *Limiter {
	l := New(false)
	l.Share(ledger, func(err error) {
		if !errors.Is(err, errKilled) {
			t.Errorf("the ledger was given up: %v", err)
		}
	})
	return l
}

// pair is two limiters of one ledger.
func pair(t *testing.T) (first, second *Limiter, shared *sharedText) {
	shared = &sharedText{}
	return sharing(t, &memoryLedger{shared: shared}), sharing(t, &memoryLedger{shared: shared}), shared
}
