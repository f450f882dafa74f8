package client

import (
	"errors"
	"net/url"

	"github.com/lemexport/lemexport/exporter"
)

// parseEndpoint checks the base URL of the API. No error repeats it: a URL can
// hold a key.
func parseEndpoint(endpoint string, key exporter.Secret) (*url.URL, error) {
	const write = "Write a URL like " + exporter.DefaultEndpoint + "."
	base, err := exporter.ParseEndpoint(endpoint)
	switch {
	case errors.Is(err, exporter.ErrEndpointCredentials):
		return nil, exporter.WithHint(err, "The key belongs in api_key. "+write)
	case errors.Is(err, exporter.ErrEndpointClear):
		return nil, exporter.WithHint(err, "Use https. Plain http is for this machine only, for instance http://127.0.0.1:8080/api.")
	case err != nil:
		return nil, exporter.WithHint(err, write)
	case exporter.NewRedactor(key).Holds(endpoint):
		return nil, exporter.WithHint(errors.New("the endpoint holds the API key"), "The key belongs in api_key. "+write)
	}
	return base, nil
}
