package store

import (
	"context"
	"net"
	"net/http"
	"time"
)

// newHTTPClient gives up a connection that moves no byte for as long as idle, in
// either direction. A limit on a whole request would end large uploads on slow
// connections; no limit would wait for a dead server for good.
func newHTTPClient(idle time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: min(idle, 15*time.Second), KeepAlive: 15 * time.Second}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &idleConn{Conn: conn, idle: idle}, nil
		},
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   4,
		IdleConnTimeout:       min(idle, 10*time.Second),
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	return &http.Client{Transport: transport}
}

// idleConn moves its deadline with every byte, read or written: the answer to an
// upload comes late, after many writes.
type idleConn struct {
	net.Conn
	idle time.Duration
}

// Read implements net.Conn.
func (c *idleConn) Read(p []byte) (int, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	if n > 0 {
		_ = c.extend() // what was read counts, the next call reports
	}
	return n, err
}

// Write implements net.Conn.
func (c *idleConn) Write(p []byte) (int, error) {
	if err := c.extend(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(p)
	if n > 0 {
		_ = c.extend()
	}
	return n, err
}

func (c *idleConn) extend() error { return c.SetDeadline(time.Now().Add(c.idle)) }
