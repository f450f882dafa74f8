package store

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// ErrUnsupported is wrapped by the error of a location that names a kind of
// destination this version does not have.
var ErrUnsupported = errors.New("unsupported destination")

// Open finds the destination that a location names: a path, relative ones being
// relative to the working folder, or file:///absolute/path. It touches nothing.
func Open(location string) (exporter.Destination, error) {
	scheme, _, isURL := strings.Cut(location, "://")
	switch {
	case !isURL:
		return NewFolder(filepath.Clean(location)), nil
	case scheme != "file":
		return nil, fmt.Errorf("%w: %s://", ErrUnsupported, scheme)
	}
	parsed, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("destination: %w", err)
	}
	if parsed.Host != "" && parsed.Host != "localhost" {
		return nil, exporter.WithHint(fmt.Errorf("%w: %s names the host %q", ErrUnsupported, location, parsed.Host),
			"A file URL has three slashes before the path: file:///folder.")
	}
	return NewFolder(filepath.Clean(filepath.FromSlash(parsed.Path))), nil
}
