package lemlist

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// defaultEndpoint is the documented base URL (API doc: "Authentication").
const defaultEndpoint = "https://api.lemlist.com/api"

// parseEndpoint checks the base URL of the API. No error repeats it: a URL can
// hold a key.
func parseEndpoint(endpoint string, key exporter.Secret) (*url.URL, error) {
	const write = "Write a URL like " + defaultEndpoint + "."
	base, err := url.Parse(endpoint)
	switch {
	case err != nil, base.Scheme != "http" && base.Scheme != "https", base.Hostname() == "", base.Opaque != "":
		return nil, exporter.WithHint(errors.New("the endpoint is not a URL of a web server"), write)
	case base.User != nil:
		return nil, exporter.WithHint(errors.New("the endpoint holds credentials"), "The key belongs in api_key. "+write)
	case base.RawQuery != "" || base.ForceQuery || strings.Contains(endpoint, "#"):
		return nil, exporter.WithHint(errors.New("the endpoint holds a query or a fragment"), write)
	case strings.Contains(endpoint, key.Reveal()):
		return nil, exporter.WithHint(errors.New("the endpoint holds the API key"), "The key belongs in api_key. "+write)
	case base.Scheme == "http" && !isLoopback(base.Hostname()):
		return nil, exporter.WithHint(errors.New("the endpoint is not encrypted: the API key would travel in clear"),
			"Use https. Plain http is for this machine only, for instance http://127.0.0.1:8080/api.")
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// isLoopback reports whether a host is this machine (names: RFC 6761, section 6.3).
func isLoopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
