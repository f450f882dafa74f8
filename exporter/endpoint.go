package exporter

import (
	"net/netip"
	"strings"
)

// DefaultEndpoint is the base URL of the lemlist API (API doc: "Authentication").
const DefaultEndpoint = "https://api.lemlist.com/api"

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
