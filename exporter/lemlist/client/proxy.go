package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"golang.org/x/net/http/httpproxy"

	"github.com/lemexport/lemexport/exporter"
)

// errProxyURL says that HTTPS_PROXY cannot be used. It quotes nothing of the value,
// which may hold a password.
var errProxyURL = errors.New("HTTPS_PROXY (or https_proxy) is not the address of a proxy")

// proxyFor is the proxy that the environment names for the API; nil is none. A value
// that net/http would ignore, to connect directly, is an error.
func proxyFor(base *url.URL) (*url.URL, error) {
	if base.Scheme != "https" || exporter.IsLoopback(base.Hostname()) {
		return nil, nil //nolint:nilnil // no proxy
	}
	found := httpproxy.FromEnvironment()
	if found.HTTPSProxy == "" {
		return nil, nil //nolint:nilnil // no proxy
	}
	value := found.HTTPSProxy
	found.HTTPSProxy = "http://proxy.invalid"
	if used, err := found.ProxyFunc()(base); err != nil || used == nil {
		return nil, nil //nolint:nilnil,nilerr // NO_PROXY exempts the API
	}
	proxy, ok := parseProxy(value)
	if !ok {
		return nil, exporter.WithHint(errProxyURL,
			"Set it to http://host:port, with user:password@ before the host if the proxy wants it; write special characters in these as %XX. NO_PROXY names hosts that need no proxy.")
	}
	return proxy, nil
}

// parseProxy reads the address of a proxy, with a scheme or without.
func parseProxy(value string) (*url.URL, bool) {
	proxy, err := url.Parse(value)
	if err != nil || proxy.Scheme == "" || proxy.Host == "" {
		proxy, err = url.Parse("http://" + value)
	}
	if err != nil || proxy.Hostname() == "" || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) {
		return nil, false
	}
	if text := proxy.Port(); text != "" {
		if port, err := strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			return nil, false
		}
	}
	return proxy, proxy.Path == "" || proxy.Path == "/"
}

// proxyError is the response of a proxy that makes no connection. It quotes nothing of
// that response.
type proxyError struct {
	host   string // and port
	status int
}

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy %s refused the connection: %d %s", e.host, e.status, http.StatusText(e.status))
}

// problem is what the response means. A proxy that cannot reach the API says so with a
// 5xx, as when the API has an outage.
func (e *proxyError) problem() problem {
	if e.status >= 500 {
		return problemProxyGateway
	}
	return problemProxy
}

// checkConnect looks at a proxy's response to CONNECT.
func checkConnect(_ context.Context, proxy *url.URL, _ *http.Request, response *http.Response) error {
	if response.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{host: proxy.Host, status: response.StatusCode}
}
