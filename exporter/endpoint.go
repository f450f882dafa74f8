package exporter

import (
	"net/netip"
	"net/url"
	"strings"
)

// DefaultEndpoint is the base URL of the lemlist API (API doc: "Authentication").
const DefaultEndpoint = "https://api.lemlist.com/api"

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
