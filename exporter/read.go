package exporter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// errForeign says that a file is there but is no export of ours.
var errForeign = errors.New("not a lemexport file")

// errAmbiguous says that a folder does not tell which file is meant.
var errAmbiguous = errors.New("exports in more than one format")

// opened is a committed file, open for reading.
type opened struct {
	object   Object
	data     DataFile
	manifest Manifest
}

func (o opened) close() error {
	if o.object == nil {
		return nil
	}
	return o.object.Close()
}

// openExport opens a committed file and parses its manifest. The error wraps
// fs.ErrNotExist when there is no file and errForeign when it is not one of ours.
func openExport(ctx context.Context, from Destination, format Format, name string) (opened, error) {
	object, err := from.Open(ctx, name)
	if err != nil {
		return opened{}, err
	}
	file := opened{object: object}
	if file.data, file.manifest, err = parseExport(object, format); err != nil {
		return opened{}, errors.Join(err, object.Close())
	}
	return file, nil
}

func parseExport(object Object, format Format) (DataFile, Manifest, error) {
	data, err := format.Open(object, object.Size())
	if err != nil {
		return nil, Manifest{}, notOpened(err)
	}
	body := data.Manifest()
	if body == nil {
		return nil, Manifest{}, fmt.Errorf("%w: no %s in its metadata", errForeign, ManifestKey)
	}
	var manifest Manifest
	if err := json.Unmarshal(body, &manifest); err != nil {
		return nil, Manifest{}, fmt.Errorf("%w: its manifest is damaged: %w", errForeign, err)
	}
	if manifest.Version < 1 {
		return nil, Manifest{}, fmt.Errorf("%w: its manifest has no version", errForeign)
	}
	if manifest.Version > ManifestVersion {
		return nil, Manifest{}, WithHint(fmt.Errorf("written by a newer lemexport (manifest version %d, this one reads %d)", manifest.Version, ManifestVersion),
			"Update lemexport.")
	}
	return data, manifest, nil
}

// notOpened tells an export of ours that was changed from a file that is none.
func notOpened(err error) error {
	if errors.Is(err, ErrAltered) {
		return WithHint(err, "Its manifest cannot be trusted, so no run replaces the file or goes on from it. Export to another destination.")
	}
	return fmt.Errorf("%w: %w", errForeign, err)
}

func readManifest(ctx context.Context, from Destination, format Format, name string) (*Manifest, Version, error) {
	file, err := openExport(ctx, from, format, name)
	if err != nil {
		return nil, "", err
	}
	return &file.manifest, file.object.Version(), file.close()
}
