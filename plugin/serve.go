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

// farewell is how long a stopping process waits for its last answers to leave.
const farewell = 500 * time.Millisecond

// Serve answers a host until the host shuts the plugin down, Stop is called, or
// ctx ends, whose cause the running calls then report. It returns when nothing
// runs any more; the error says why it could not begin. Nothing else may be
// written to standard output before. Without TLS it begins only where no other user can
// reach the socket, see [ErrUnprotected]; while it serves, the umask of the process is 077.
//
// log is the process's standard error; the records on it are go-plugin's JSON.
func Serve(ctx context.Context, server *Server, log io.Writer, level slog.Level) error {
	defer closeUmask()()
	release, err := settleSocket()
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	began := false
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake(),
		VersionedPlugins: versions(server),
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclogLevel(level), Output: log, JSONFormat: true}),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			began = true
			transport := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(largestRequest))...)
			watch.Go(func() {
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
	// The host may have hung up in the middle of a call.
	cancel()
	server.calls.stop(errHostGone)
	watch.Wait()
	<-server.calls.idle
	if !began {
		return errNotBegun
	}
	return nil
}

// errNotBegun is the error of a start that go-plugin has given up.
var errNotBegun = errors.New("the plugin could not begin to serve; the last record on standard error says why")

// largestRequest bounds what a host may send: a configuration.
const largestRequest = 1 << 20

// end closes the transport. go-plugin holds a stream open for as long as the
// process lives, so that a graceful stop alone would never end.
func end(transport *grpc.Server) {
	late := time.AfterFunc(farewell, transport.Stop)
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
