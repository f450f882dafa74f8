package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// shutdownTimeout is how long a stopping process waits until its last responses are sent.
const shutdownTimeout = 500 * time.Millisecond

// connectTimeout is how long a connection may take to begin: the end waits for those that do
// not.
const connectTimeout = 5 * time.Second

// maxRequestBytes bounds a request of a host, which holds a configuration.
const maxRequestBytes = 1 << 20

// Serve serves the host that has started this process, until the host shuts the plugin
// down, Stop is called, or ctx ends; running calls then report the cause of ctx. env is
// the environment of the process, which says what the host wants; stdout gets the
// handshake line, and nothing may be written to it before. Serve returns when all calls
// have ended; the error says why it could not serve.
//
// Without TLS it serves only where no other user can reach the socket, see
// [ErrUnprotected]. While it serves, the umask of the process is 077.
func Serve(ctx context.Context, server *Server, env func(name string) string, stdout io.Writer) error {
	defer closeUmask()()
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxRequestBytes), grpc.ConnectionTimeout(connectTimeout)}
	var certificate []byte
	if host := env(clientCertVariable); host != "" {
		config, err := mutualTLS(host)
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
		certificate = config.Certificates[0].Certificate[0]
	}
	listener, err := listen(ctx, env, certificate != nil)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // as the transport does
	transport := grpc.NewServer(options...)
	pluginv1.RegisterExporterServer(transport, server)
	registerGoPlugin(transport, server)

	address := listener.Addr()
	server.options.Log.DebugContext(ctx, "serving", "network", address.Network(), "address", address.String(), "tls", certificate != nil)
	if _, err := io.WriteString(stdout, handshakeLine(address, certificate, env(multiplexVariable) != "")); err != nil {
		return fmt.Errorf("write the handshake to standard output: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var closing sync.WaitGroup
	closing.Go(func() {
		select {
		case <-ctx.Done():
			server.calls.stop(context.Cause(ctx))
			server.end()
		case <-server.ended:
		}
		// A call whose host takes no message ends only with the connection.
		late := time.AfterFunc(shutdownTimeout, transport.Stop)
		defer late.Stop()
		server.calls.stop(errStopped)
		transport.GracefulStop()
	})
	err = transport.Serve(listener)
	cancel(errNotServing)
	closing.Wait()
	<-server.calls.idle
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) { // before it began
		return fmt.Errorf("serve %s: %w", address, err)
	}
	return nil
}

// errNotServing ends the calls of a server that accepts no connection any more.
var errNotServing = errors.New("the plugin accepts no connection any more")
