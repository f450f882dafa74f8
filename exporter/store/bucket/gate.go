package bucket

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"

	"github.com/lemexport/lemexport/exporter"
)

// Target is what a driver connects to. Every request of the client has to go through
// [Target.Gate].
type Target struct {
	URL     exporter.ObjectURL
	Options Options
	secrets *secrets
}

// PartSize is the size of a part, usual unless the options set it.
func (t Target) PartSize(usual int64) int64 {
	if t.Options.PartSize == 0 {
		return usual
	}
	return t.Options.PartSize
}

// Gate checks every request before it leaves through a transport. It is below the code
// that adds credentials, so that it also sees servers that a response, an environment
// variable or a file of the cloud's tools names.
func (t Target) Gate(transport *http.Transport) http.RoundTripper {
	local := transport.Clone()
	local.Proxy = nil
	limitIdle(local, t.Options.Idle, onlyLoopback)
	return &gate{target: t, next: transport, local: local}
}

// gate is a transport that refuses requests to servers that must not have them.
type gate struct {
	target Target
	// next is for https and for what the URL allows, local for plain http to this machine.
	next, local http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	server := &url.URL{Scheme: request.URL.Scheme, Host: request.URL.Host}
	if err := g.target.URL.Admit(server, "A request to "+server.String()); err != nil {
		if request.Body != nil {
			_ = request.Body.Close() // a RoundTripper has to close it
		}
		return nil, GateError{err}
	}
	g.target.secrets.remember(request)
	if server.Scheme != "https" && exporter.IsLoopback(server.Hostname()) {
		return g.local.RoundTrip(request)
	}
	return g.next.RoundTrip(request)
}

// GateError is the error of a request that was not made. Clients must not retry it.
type GateError struct{ error }

// Unwrap gives the reason.
func (e GateError) Unwrap() error { return e.error }

// NonRetriable tells the client of Azure not to retry.
func (GateError) NonRetriable() {}

// NoRedirect keeps a client from following redirects: signatures are for one address, and
// a token is for one server.
func NoRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// GuardTokens is for the transport that asks for credentials: over http it may ask this
// machine, and the address at which a cloud's machines learn about themselves, and no
// other server.
func GuardTokens(transport *http.Transport) {
	proxy := transport.Proxy
	transport.Proxy = func(request *http.Request) (*url.URL, error) {
		host := request.URL.Hostname()
		if request.URL.Scheme != "https" && !exporter.IsLoopback(host) && !slices.Contains(metadataHosts(), host) {
			return nil, GateError{&exporter.ObjectURLError{Summary: "Credentials without encryption",
				Detail: "The credentials of the destination would be requested over http, from http://" + request.URL.Host + ". Correct the environment variable or the file that names it."}}
		}
		if proxy == nil {
			return nil, nil //nolint:nilnil // no proxy
		}
		return proxy(request)
	}
}

// metadataHosts are the addresses that instances, containers and pods ask for credentials.
// No network routes them.
func metadataHosts() []string {
	return []string{"169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "metadata.google.internal"}
}

// errNotLoopback ends a connection to a local name that leads to another machine.
var errNotLoopback = errors.New("the name of this machine leads to another one, and http would send rows and credentials unencrypted")

// onlyLoopback is a net.Dialer's Control.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return GateError{errNotLoopback}
	}
	return nil
}
