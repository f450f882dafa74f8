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

const (
	hintForms = "Write a path, for instance ./out, or a URL: file:///data/lake, s3://bucket/folder, gs://bucket/folder, azblob://container/folder."
	hintFile  = "A file URL names no host and has three slashes before the path: file:///data/lake. " +
		"In it, %, ? and # are written %25, %3F and %23."
)

// Open finds the destination that a location names: a path, relative ones being
// relative to the working folder, file:///absolute/path, or the URL of an object
// store. It touches nothing.
func Open(location string) (exporter.Destination, error) { return Options{}.Open(location) }

// Open is [Open] with options.
func (o Options) Open(location string) (exporter.Destination, error) {
	switch scheme, whole := exporter.LocationScheme(location); {
	case location == "":
		return nil, exporter.WithHint(errors.New("the destination is empty"), hintForms)
	case scheme == "":
		return NewFolder(filepath.Clean(location)), nil
	case !whole:
		return nil, exporter.WithHint(fmt.Errorf("%w: \"%s:\" is not followed by two slashes", ErrUnsupported, scheme), exporter.SlashesHint(scheme))
	case exporter.ObjectParams(scheme) != nil:
		at, err := exporter.ParseObjectURL(location)
		if wrong, ok := errors.AsType[*exporter.ObjectURLError](err); ok {
			return nil, exporter.WithHint(fmt.Errorf("%w: %w", ErrUnsupported, err), wrong.Detail)
		}
		return NewBucket(at, o), err
	case scheme != "file":
		return nil, exporter.WithHint(fmt.Errorf("%w: %s://", ErrUnsupported, scheme), hintForms)
	}
	dir, err := fileURL(location)
	if err != nil {
		return nil, exporter.WithHint(fmt.Errorf("%w: %w", ErrUnsupported, err), hintFile)
	}
	return NewFolder(dir), nil
}

func fileURL(location string) (dir string, err error) {
	parsed, err := url.Parse(location)
	switch {
	case err != nil:
		return "", err
	case parsed.Host != "" && !strings.EqualFold(parsed.Host, "localhost"):
		return "", fmt.Errorf("%s names the host %q", location, parsed.Host)
	case parsed.User != nil, parsed.RawQuery != "", parsed.ForceQuery, parsed.Fragment != "":
		return "", errors.New("the file URL holds more than a path")
	case parsed.Path == "":
		return "", fmt.Errorf("%s holds no path", location)
	}
	dir = filepath.FromSlash(parsed.Path)
	if filepath.VolumeName(dir[1:]) != "" {
		dir = dir[1:] // /C:/lake on Windows
	}
	return filepath.Clean(dir), nil
}
