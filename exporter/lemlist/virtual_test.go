package lemlist

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// pipes is a network inside the process: its connections are pipes, so that in
// a synctest bubble all time is virtual.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	close(p.closed)
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// virtual opens a source, with the usual pace and rate limit, at a simulated API
// that is reached through pipes. Call it in a synctest bubble.
func virtual(t *testing.T, opts sim.Options, change ...func(*Options)) (*sim.Server, *Source, *witness) {
	t.Helper()
	opts.Key = testKey
	api, err := sim.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	network := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: api}
	served := make(chan error, 1)
	go func() { served <- server.Serve(network) }()
	usual := func(o *Options) {
		o.Unlimited = false
		p := defaultPace(0)
		o.pace = &p
	}
	source, w := open(t, "http://127.0.0.1/api", append([]func(*Options){usual}, change...)...)
	source.client.transport.DialContext = network.dial
	t.Cleanup(func() {
		_ = source.Close()
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		if wrong := api.Violations(); wrong != nil {
			t.Errorf("violations: %q", wrong)
		}
	})
	return api, source, w
}
