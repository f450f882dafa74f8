package store

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/azblob"
	"github.com/lemexport/lemexport/exporter/store/bucket"
	"github.com/lemexport/lemexport/exporter/store/folder"
	"github.com/lemexport/lemexport/exporter/store/gcs"
	"github.com/lemexport/lemexport/exporter/store/s3"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// ErrUnsupported is wrapped by the error of a location that no destination of this version
// supports.
var ErrUnsupported = errors.New("unsupported destination")

const (
	hintForms = "Write a path, for instance ./out, or a URL: file:///data/lake, s3://bucket/folder, gs://bucket/folder, azblob://container/folder."
	hintFile  = "A file URL has no host and has three slashes before the path: file:///data/lake. " +
		"In it, write %, ? and # as %25, %3F and %23."
)

// Options are the limits of object stores. The zero value is what the product uses, with
// scratch files in the system's folder.
type Options bucket.Options

// Open opens a location with the default options.
func Open(location string) (exporter.Destination, error) { return Options{}.Open(location) }

// Open finds the destination that a location names: a path (a relative one is relative to
// the working folder), file:///absolute/path, or the URL of an object store. It makes and
// reads nothing there.
func (o Options) Open(location string) (exporter.Destination, error) {
	switch scheme, whole := exporter.LocationScheme(location); {
	case location == "":
		return nil, exporter.WithHint(errors.New("the destination is empty"), hintForms)
	case scheme == "" && exporter.PathHoldsSecret(location):
		summary, detail := exporter.SecretLocation()
		return nil, unsupported(&exporter.ObjectURLError{Summary: summary, Detail: detail})
	case scheme == "":
		return folder.New(filepath.Clean(location)), nil
	case !whole:
		return nil, exporter.WithHint(fmt.Errorf("%w: \"%s:\" is not followed by two slashes", ErrUnsupported, scheme), exporter.SlashesHint(scheme))
	case exporter.ObjectParams(scheme) != nil:
		return o.openBucket(location)
	case scheme != "file":
		return nil, exporter.WithHint(fmt.Errorf("%w: %s://", ErrUnsupported, scheme), hintForms)
	}
	dir, err := parseFileURL(location)
	if err != nil {
		return nil, exporter.WithHint(fmt.Errorf("%w: %w", ErrUnsupported, err), hintFile)
	}
	return folder.New(dir), nil
}

// drivers are those of this build, by the scheme of their URLs.
func drivers() map[string]bucket.Driver {
	return map[string]bucket.Driver{"s3": s3.Driver(), "gs": gcs.Driver(), "azblob": azblob.Driver()}
}

func (o Options) openBucket(location string) (exporter.Destination, error) {
	at, err := exporter.ParseObjectURL(location) // which refuses what this build has left out
	if err != nil {
		return nil, unsupported(err)
	}
	if o.Scratch == nil {
		o.Scratch = scratch.New("")
	}
	return bucket.New(at, drivers()[at.Scheme], bucket.Options(o)), nil
}

// unsupported is the error of a location that does not work, with what to do.
func unsupported(err error) error {
	if wrong, ok := errors.AsType[*exporter.ObjectURLError](err); ok {
		return exporter.WithHint(fmt.Errorf("%w: %w", ErrUnsupported, err), wrong.Detail)
	}
	return err
}

// parseFileURL takes the path out of a file URL. Its errors repeat no more than the place.
func parseFileURL(location string) (dir string, err error) {
	parsed, err := url.Parse(location)
	switch {
	case err != nil:
		return "", errors.New("invalid file URL")
	case parsed.Host != "" && !strings.EqualFold(parsed.Host, "localhost"):
		return "", fmt.Errorf("%s has the host %q", exporter.WithoutQuery(location), parsed.Host)
	case parsed.User != nil, parsed.RawQuery != "", parsed.ForceQuery, parsed.Fragment != "":
		return "", errors.New("the file URL holds more than a path")
	case parsed.Path == "":
		return "", fmt.Errorf("%s has no path", exporter.WithoutQuery(location))
	}
	dir = filepath.FromSlash(parsed.Path)
	if filepath.VolumeName(dir[1:]) != "" {
		dir = dir[1:] // /C:/lake on Windows
	}
	return filepath.Clean(dir), nil
}
