package client

import (
	"errors"
	"net/url"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// parseEndpoint checks the base URL of the API. No error repeats it: a URL can
// hold a key.
func parseEndpoint(endpoint string, key exporter.Secret) (*url.URL, error) {
	const write = "Write a URL like " + exporter.DefaultEndpoint + "."
	base, err := url.Parse(endpoint)
	switch {
	case err != nil, base.Scheme != "http" && base.Scheme != "https", base.Hostname() == "", base.Opaque != "":
		return nil, exporter.WithHint(errors.New("the endpoint is not a URL of a web server"), write)
	case base.User != nil:
		return nil, exporter.WithHint(errors.New("the endpoint holds credentials"), "The key belongs in api_key. "+write)
	case base.RawQuery != "" || base.ForceQuery || strings.Contains(endpoint, "#"):
		return nil, exporter.WithHint(errors.New("the endpoint holds a query or a fragment"), write)
	case exporter.NewRedactor(key).Holds(endpoint):
		return nil, exporter.WithHint(errors.New("the endpoint holds the API key"), "The key belongs in api_key. "+write)
	case base.Scheme == "http" && !exporter.IsLoopback(base.Hostname()):
		return nil, exporter.WithHint(errors.New("the endpoint is not encrypted: the API key would travel in clear"),
			"Use https. Plain http is for this machine only, for instance http://127.0.0.1:8080/api.")
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = strings.TrimRight(base.RawPath, "/")
	return base, nil
}
