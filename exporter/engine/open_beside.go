package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// openBeside is [Engine.OpenBeside].
func openBeside(ctx context.Context, from locator, location string, of, other *schema.Table) (*File, error) {
	folder, name := splitLocation(location)
	isFile := name == exporter.PointerName(of.Name)
	for _, format := range from.formats {
		isFile = isFile || strings.EqualFold(filepath.Ext(name), format.Extension())
	}
	if !isFile && name != of.Name { // the folder itself, and not that of the files of an append
		folder = location
	}
	destination, err := from.destination(folder)
	if err != nil {
		return nil, err
	}
	file, _, err := openPointed(ctx, from, destination, other.Name)
	switch {
	case err == nil:
		return fileOf(file, destination.URL(exporter.PointerName(other.Name)))
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errForeign):
		return nil, fmt.Errorf("%s: %w", destination.URL(exporter.PointerName(other.Name)), err)
	}
	for _, format := range from.formats {
		file, url, err := from.openAt(ctx, folder, format, other.Name+format.Extension())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if file.manifest.Table != other.Name {
			return nil, errors.Join(fmt.Errorf("%s holds the table %.100q", url, file.manifest.Table), file.close())
		}
		return fileOf(file, url)
	}
	return nil, fs.ErrNotExist
}
