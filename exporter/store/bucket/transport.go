package bucket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"
)

// writeBuffer is the size of a connection's send buffer. It limits the speed to about
// 5 MB/s when a round trip takes 100 ms.
const writeBuffer = 512 << 10

// NewTransport is Go's usual transport, for one server.
func NewTransport(idle time.Duration) *http.Transport {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 15 * time.Second, ExpectContinueTimeout: time.Second}
	LimitIdle(transport, idle)
	return transport
}

// LimitIdle closes a connection that moves no byte in either direction for as long as idle.
// A limit on a complete request would end large uploads on slow connections; no limit would
// wait for a dead server forever.
func LimitIdle(transport *http.Transport, idle time.Duration) { limitIdle(transport, idle, nil) }

// limitIdle is [LimitIdle] with the dialer's control; nil allows every address.
func limitIdle(transport *http.Transport, idle time.Duration, control func(network, address string, _ syscall.RawConn) error) {
	dialer := &net.Dialer{Timeout: min(idle, 15*time.Second), KeepAlive: 15 * time.Second, Control: control}
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			// Bytes in the send buffer count as moved: the buffer must not be so large that a
			// slow connection is still sending it after idle.
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

// idleConn extends its deadline with every byte, read or written: the response to an upload
// comes late, after many writes.
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
		_ = c.extend() // the bytes were read; the next call returns the error
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
