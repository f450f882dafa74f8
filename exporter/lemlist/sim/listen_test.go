package sim_test

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

func TestOnlyLoopbackIsServed(t *testing.T) {
	server, err := sim.New(sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:80", "[::]:0", "example.com:80", "127.0.0.1.example.com:80"} {
		if _, err := server.Start(t.Context(), address); err == nil || !strings.Contains(err.Error(), "not on loopback") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := server.Start(t.Context(), "127.0.0.1"); err == nil || !strings.Contains(err.Error(), "write host:port") {
		t.Errorf("no port: %v", err)
	}
	for _, address := range []string{"", "127.0.0.1:0", "localhost:0"} {
		running, err := server.Start(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		base, err := url.Parse(running.URL())
		if err != nil {
			t.Fatal(err)
		}
		if at, err := netip.ParseAddrPort(base.Host); err != nil || !at.Addr().IsLoopback() || base.Path != "/api" {
			t.Errorf("%q serves %s", address, running.URL())
		}
		for range 2 {
			if err := running.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTheEndOfTheContextEndsTheServer(t *testing.T) {
	server, err := sim.New(sim.Options{Latency: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	running, err := server.Start(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, running.URL()+"/team", nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	var held sync.WaitGroup
	held.Go(func() {
		if response, err := transport.RoundTrip(r); err == nil {
			response.Body.Close()
			t.Errorf("a held request was answered with %s", response.Status)
		}
	})
	for server.Stats().Requests == 0 {
		runtime.Gosched()
	}
	cancel()
	held.Wait()
	if err := running.Close(); err != nil {
		t.Error(err)
	}
}
