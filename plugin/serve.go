package plugin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// shutdownTimeout is how long a stopping process waits until its last responses are sent.
const shutdownTimeout = 500 * time.Millisecond

// Serve serves a host until the host shuts the plugin down, Stop is called, or ctx
// ends; running calls then report the cause of ctx. It returns when all calls have
// ended; the error says why it could not start. Nothing may be written to standard
// output before it. Without TLS it starts only where no other user can reach the
// socket, see [ErrUnprotected]. While it serves, the umask of the process is 077.
//
// log is the standard error of the process; go-plugin writes its JSON records to it.
func Serve(ctx context.Context, server *Server, log io.Writer, level slog.Level) error {
	defer closeUmask()()
	release, err := prepareSocket()
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	var closing sync.WaitGroup
	started := false
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake(),
		VersionedPlugins: versions(server),
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclogLevel(level), Output: log, JSONFormat: true}),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			started = true
			transport := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(maxRequestBytes))...)
			closing.Go(func() {
				select {
				case <-ctx.Done():
					server.calls.stop(context.Cause(ctx))
				case <-server.stopped:
				}
				end(transport)
			})
			return transport
		},
	})
	// The host may have closed the connection during a call.
	cancel()
	server.calls.stop(errHostGone)
	closing.Wait()
	<-server.calls.idle
	if !started {
		return errNotStarted
	}
	return nil
}

// errNotStarted is the error when go-plugin could not start.
var errNotStarted = errors.New("the plugin could not start: the last record on standard error gives the reason")

// maxRequestBytes bounds a request of a host, which holds a configuration.
const maxRequestBytes = 1 << 20

// end closes the transport. A graceful stop alone would never end: go-plugin keeps a
// stream open for as long as the process lives.
func end(transport *grpc.Server) {
	late := time.AfterFunc(shutdownTimeout, transport.Stop)
	defer late.Stop()
	transport.GracefulStop()
}

func hclogLevel(level slog.Level) hclog.Level {
	switch {
	case level < slog.LevelInfo:
		return hclog.Debug
	case level < slog.LevelWarn:
		return hclog.Info
	case level < slog.LevelError:
		return hclog.Warn
	}
	return hclog.Error
}
