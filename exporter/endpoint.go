package exporter

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// DefaultEndpoint is the base URL of the lemlist API (API doc: "Authentication").
const DefaultEndpoint = "https://api.lemlist.com/api"

// What can be wrong with an endpoint. None of these errors repeats it: a URL can hold a key.
var (
	ErrEndpointForm        = errors.New("the endpoint is not a URL of a web server")
	ErrEndpointCredentials = errors.New("the endpoint holds credentials")
	ErrEndpointQuery       = errors.New("the endpoint holds a query or a fragment")
	ErrEndpointClear       = errors.New("the endpoint is not encrypted: the API key would travel in clear")
)

// ParseEndpoint checks the base URL of the API, and drops a slash at its end.
func ParseEndpoint(endpoint string) (*url.URL, error) {
	base, err := url.Parse(endpoint)
	switch {
	case err != nil, base.Scheme != "http" && base.Scheme != "https", base.Hostname() == "", base.Opaque != "", !validPort(base.Port()):
		return nil, ErrEndpointForm
	case base.User != nil:
		return nil, ErrEndpointCredentials
	case base.RawQuery != "" || base.ForceQuery || strings.Contains(endpoint, "#"):
		return nil, ErrEndpointQuery
	case base.Scheme == "http" && !IsLoopback(base.Hostname()):
		return nil, ErrEndpointClear
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// validPort accepts the empty port, too; url.Parse has checked that it is digits.
func validPort(port string) bool {
	number, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && number > 0
}

// IsLemlist reports whether a URL is of lemlist's own API.
func IsLemlist(u *url.URL) bool {
	port := u.Port()
	return u.Scheme == "https" && strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), "api.lemlist.com") && (port == "" || port == "443")
}

// IsLoopback reports whether a host is this machine: the only one that a key may
// travel to in clear (names: RFC 6761, section 6.3).
func IsLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
