package cloudquery

import (
	"context"
	"errors"
	"sync"

	"google.golang.org/grpc/stats"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/plugin/door"
)

// session is what Init leaves for the later calls of one connection. Another connection,
// perhaps of another user of the machine, cannot read with the key of this one.
type session struct {
	mu   sync.Mutex
	spec *spec
}

func (s *session) set(to *spec) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spec = to
}

// configured returns the spec of the last Init.
func (s *session) configured() (*spec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spec == nil {
		return nil, &door.InputError{Err: exporter.WithHint(errors.New("no spec on this connection"), "Call Init first.")}
	}
	return s.spec, nil
}

type sessionKey struct{}

func sessionOf(ctx context.Context) *session { return ctx.Value(sessionKey{}).(*session) }

// sessions gives every connection a session: the contexts of its calls have it.
type sessions struct{}

// TagConn implements [stats.Handler].
func (sessions) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	return context.WithValue(ctx, sessionKey{}, new(session))
}

// HandleConn implements [stats.Handler].
func (sessions) HandleConn(context.Context, stats.ConnStats) {}

// TagRPC implements [stats.Handler].
func (sessions) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

// HandleRPC implements [stats.Handler].
func (sessions) HandleRPC(context.Context, stats.RPCStats) {}
