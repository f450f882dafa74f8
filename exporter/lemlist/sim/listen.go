package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Running is a simulation that listens. Close must be called.
type Running struct {
	url      string
	server   http.Server
	release  context.CancelFunc // ends the requests that are held
	forget   func() bool        // undoes the wait for the context of Start
	served   chan error
	conns    sync.WaitGroup
	handlers sync.WaitGroup
	once     sync.Once
	err      error
}

// listen implements Server.Start.
func listen(ctx context.Context, s http.Handler, address string) (*Running, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("sim: listen: %w", err)
	}
	base, release := context.WithCancel(ctx)
	r := &Running{url: "http://" + listener.Addr().String() + "/api", release: release, served: make(chan error, 1)}
	r.server = http.Server{
		Handler:           r.counted(s),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // aborted answers are on purpose
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         r.count,
	}
	go func() { r.served <- r.server.Serve(listener) }() // Close waits for it
	r.forget = context.AfterFunc(ctx, func() { _ = r.stop() })
	return r, nil
}

// URL is the base URL of the API, for instance http://127.0.0.1:41234/api.
func (r *Running) URL() string { return r.url }

// Close stops listening, ends every connection, the held ones too, and returns
// when nothing of the simulation runs any more. It may be called twice.
func (r *Running) Close() error {
	r.forget()
	return r.stop()
}

func (r *Running) stop() error {
	r.once.Do(func() {
		r.release()
		r.err = r.server.Close()
		if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
			r.err = errors.Join(r.err, fmt.Errorf("sim: serve: %w", err))
		}
		r.conns.Wait()
		r.handlers.Wait() // those whose connection net/http no longer knows
	})
	return r.err
}

func (r *Running) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.handlers.Add(1)
		defer r.handlers.Done()
		next.ServeHTTP(w, request)
	})
}

func (r *Running) count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		r.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		r.conns.Done()
	default:
	}
}

func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("sim: address %q: %w; write host:port, for instance 127.0.0.1:8080", address, err)
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("sim: address %q is not on loopback: the simulated API has no real key and only serves this machine; "+
		"use 127.0.0.1 or [::1]", address)
}
