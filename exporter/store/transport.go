package store

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// writeBuffer is what a connection may have under way. It bounds the speed on
// long lines to about 5 MB/s for 100 ms.
const writeBuffer = 512 << 10

// newTransport is Go's usual transport, for one server.
func newTransport(idle time.Duration) *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 15 * time.Second, ExpectContinueTimeout: time.Second}
	watchIdle(transport, idle, nil)
	return transport
}

// watchIdle gives up a connection that moves no byte for as long as idle, in
// either direction. A limit on a whole request would end large uploads on slow
// connections; no limit would wait for a dead server for good. control is the dialer's; nil
// lets every address through.
func watchIdle(transport *http.Transport, idle time.Duration, control func(network, address string, _ syscall.RawConn) error) {
	dialer := &net.Dialer{Timeout: min(idle, 15*time.Second), KeepAlive: 15 * time.Second, Control: control}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			// What the system has taken counts as moved: it must not take so much that a
			// slow line is still busy with it after idle.
			if err := tcp.SetWriteBuffer(writeBuffer); err != nil {
				return nil, errors.Join(err, conn.Close())
			}
		}
		return &idleConn{Conn: conn, idle: idle}, nil
	}
	transport.ForceAttemptHTTP2 = true
	transport.MaxIdleConnsPerHost = 4
	transport.IdleConnTimeout = min(idle, 10*time.Second)
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
