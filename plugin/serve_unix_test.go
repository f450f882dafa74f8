//go:build unix

package plugin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/types/known/emptypb"
)

// environment is that of a plugin without TLS, in a folder for this user only.
func environment(t *testing.T) map[string]string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "s") //nolint:usetesting // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return map[string]string{SocketDirVariable: dir}
}

// serve serves until ctx ends, and returns a connection and the error of Serve.
func serve(ctx context.Context, t *testing.T) (*grpc.ClientConn, <-chan error) {
	t.Helper()
	env := environment(t)
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, NewServer(Options{Log: slog.New(slog.DiscardHandler)}), func(name string) string { return env[name] }, writer)
		_ = writer.Close()
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err, <-ended)
	}
	connection, err := grpc.NewClient("unix:"+strings.Split(line, "|")[3], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection, ended
}

// A host of go-plugin keeps two streams open. Neither delays the end, and Shutdown is answered.
func TestShutdownEndsTheStreamsOfGoPlugin(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	connection, ended := serve(ctx, t)
	health, err := healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{Service: "plugin"})
	if err != nil || health.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("the health is %v, %v", health, err)
	}
	var streams []grpc.ClientStream
	for method, both := range map[string]bool{"/plugin.GRPCBroker/StartStream": true, "/plugin.GRPCStdio/StreamStdio": false} {
		stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ClientStreams: both, ServerStreams: true}, method)
		if err == nil {
			err = stream.SendMsg(new(emptypb.Empty))
		}
		if err == nil && !both {
			err = stream.CloseSend()
		}
		if err != nil {
			t.Fatal(method, err)
		}
		streams = append(streams, stream)
	}
	if err := connection.Invoke(ctx, "/plugin.GRPCController/Shutdown", new(emptypb.Empty), new(emptypb.Empty)); err != nil {
		t.Errorf("Shutdown ends with %v", err)
	}
	for _, stream := range streams {
		if err := stream.RecvMsg(new(emptypb.Empty)); !errors.Is(err, io.EOF) {
			t.Errorf("a stream ends with %v", err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// closed is a standard output that nobody reads.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestServeReturnsWhatKeepsItFromServing(t *testing.T) {
	over, end := context.WithCancel(t.Context())
	end()
	for name, test := range map[string]struct {
		ctx    context.Context
		env    map[string]string
		stdout io.Writer
		want   string // in the error; "" is none
	}{
		"nobody reads the handshake": {t.Context(), nil, closed{}, "write the handshake to standard output: io: read/write on closed pipe"},
		"no certificate":             {t.Context(), map[string]string{clientCertVariable: "a certificate"}, io.Discard, "PLUGIN_CLIENT_CERT holds no certificate"},
		"an unknown group":           {t.Context(), map[string]string{socketGroupVariable: "no such group"}, io.Discard, `give the socket to the group "no such group"`},
		"told to end before":         {over, nil, io.Discard, ""},
	} {
		t.Run(name, func(t *testing.T) {
			env := environment(t)
			maps.Copy(env, test.env)
			err := Serve(test.ctx, NewServer(Options{Log: slog.New(slog.DiscardHandler)}), func(name string) string { return env[name] }, test.stdout)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
			if left, err := os.ReadDir(env[SocketDirVariable]); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

// Who connects and then says nothing does not keep the plugin from ending.
func TestASilentConnectionDoesNotHoldUpTheEnd(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	connection, ended := serve(ctx, t)
	silent, err := net.Dial("unix", strings.TrimPrefix(connection.Target(), "unix:"))
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := healthv1.NewHealthClient(connection).Check(ctx, &healthv1.HealthCheckRequest{}); err != nil { // which is accepted after it
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(3 * connectTimeout):
		t.Error("it has not ended")
	}
}
