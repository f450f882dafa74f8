package client

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/ratelimit"
)

// errNotThisMachine ends a connection to a local name that leads elsewhere.
var errNotThisMachine = errors.New("the name of this machine leads to another one, and http would send the key in clear")

// largestHeader is the most that the headers of a response may have, in bytes. In
// memory they take up to fifty times that, and 20 responses may be on their way.
const largestHeader = 32 << 10

// newTransport makes the connections to the API, through the proxy unless that is nil.
//
// HTTP/1.1 only: a connection that dies takes one request with it, and every
// request that net/http sends a second time is seen (see trip).
func newTransport(base, proxy *url.URL, p Policy) *http.Transport {
	dialer := net.Dialer{Timeout: p.Dial}
	if base.Scheme == "http" {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !to.Addr().Unmap().IsLoopback() {
				return errNotThisMachine
			}
			return nil
		}
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	var through func(*http.Request) (*url.URL, error)
	if proxy != nil {
		through = http.ProxyURL(proxy)
	}
	return &http.Transport{
		Proxy:                  through,
		OnProxyConnectResponse: checkConnect,
		DialContext:            dialer.DialContext,
		Protocols:              protocols,
		TLSHandshakeTimeout:    p.Handshake,
		ResponseHeaderTimeout:  p.Header,
		DisableCompression:     true, // body.read does it, and bounds it
		MaxIdleConnsPerHost:    ratelimit.Requests,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: largestHeader,
	}
}
