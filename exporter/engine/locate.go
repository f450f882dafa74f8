package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// locator finds the committed exports at a location.
type locator struct {
	destination func(location string) (exporter.Destination, error)
	formats     []exporter.Format // Parquet first
}

// locate opens the export at a location: a file, or the folder that is the
// destination of one.
func (l locator) locate(ctx context.Context, location string) (opened, string, error) {
	folder, name := splitLocation(location)
	switch {
	case location == "":
		return opened{}, "", exporter.WithHint(errors.New("no location was given"), locationHint)
	case filepath.Ext(name) == ".hcl" || strings.HasSuffix(name, ".hcl.json"):
		return opened{}, "", exporter.WithHint(fmt.Errorf("%s is a configuration, not an export", exporter.WithoutQuery(location)), locationHint)
	}
	if _, err := l.destination(location); err != nil {
		return opened{}, "", err // whatever lies under a part of that name
	}
	if len(l.formats) == 0 {
		return opened{}, "", errors.New("no file format is known")
	}
	file, url, asFile := l.openFile(ctx, folder, name)
	if asFile == nil || errors.Is(asFile, errForeign) {
		return file, url, asFile
	}
	file, url, asFolder := l.onlyExport(ctx, location)
	if errors.Is(asFile, exporter.ErrNotFile) && asFolder != nil {
		asFile = fs.ErrNotExist // it is a folder, and the error of the folder counts
	}
	if asFolder == nil || errors.Is(asFolder, errForeign) || errors.Is(asFolder, errAmbiguous) {
		return file, url, asFolder
	}
	if errors.Is(asFile, fs.ErrNotExist) && !errors.Is(asFolder, fs.ErrNotExist) {
		asFile = asFolder // a folder or a bucket that cannot be read
	}
	switch {
	case errors.Is(asFile, fs.ErrNotExist):
		asFile = exporter.WithHint(fmt.Errorf("no export at %s: %w", exporter.WithoutQuery(location), fs.ErrNotExist), locationHint)
	case exporter.Hint(asFile) == "":
		asFile = exporter.WithHint(asFile, locationHint)
	}
	return opened{}, "", asFile
}

// openFile opens a file in the format of its extension, the first format by default.
func (l locator) openFile(ctx context.Context, folder, name string) (opened, string, error) {
	if name == "" {
		return opened{}, "", fs.ErrNotExist
	}
	format, ok := l.formatOf(name)
	if !ok {
		format = l.formats[0]
	}
	return l.openAt(ctx, folder, format, name)
}

// onlyExport opens the export in a folder, whatever its table and format. One of a table
// whose rows have versions comes before those that go with it. Two of them are an
// error: nobody said which one is meant.
func (l locator) onlyExport(ctx context.Context, folder string) (opened, string, error) {
	missing := fs.ErrNotExist
	for _, incremental := range []bool{true, false} {
		file, url, err := l.onlyExportOf(ctx, folder, incremental)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, url, err
		}
		if incremental {
			missing = err
		}
	}
	return opened{}, "", missing
}

func (l locator) onlyExportOf(ctx context.Context, folder string, incremental bool) (file opened, url string, err error) {
	missing := fs.ErrNotExist
	for _, table := range schema.Tables() {
		if table.Incremental() != incremental {
			continue
		}
		for _, format := range l.formats {
			another, at, err := l.openAt(ctx, folder, format, table.Name+format.Extension())
			switch {
			case errors.Is(err, fs.ErrNotExist):
				missing = err
			case err != nil:
				return opened{}, "", errors.Join(err, file.close())
			case file.object != nil:
				return opened{}, "", errors.Join(exporter.WithHint(fmt.Errorf("%s holds %w", exporter.WithoutQuery(folder), errAmbiguous), fmt.Sprintf("Name one: %s or %s.", url, at)),
					another.close(), file.close())
			default:
				file, url = another, at
			}
		}
	}
	if file.object == nil {
		return opened{}, "", missing
	}
	return file, url, nil
}

func (l locator) openAt(ctx context.Context, folder string, format exporter.Format, name string) (opened, string, error) {
	destination, err := l.destination(folder)
	if err != nil {
		return opened{}, "", err
	}
	file, err := openExport(ctx, destination, format, name)
	if err != nil {
		return opened{}, "", fmt.Errorf("%s: %w", destination.URL(name), err)
	}
	return file, destination.URL(name), nil
}

const locationHint = "Give the exported file, or the folder that is the destination of an export."

// splitLocation takes the last name off a path, or off the path of an object
// store's URL, whose settings stay with the folder. A bucket is not a name in
// anything.
func splitLocation(location string) (folder, name string) {
	scheme, _, isURL := strings.Cut(location, "://")
	if !isURL || exporter.ObjectParams(strings.ToLower(scheme)) == nil {
		folder, name = filepath.Split(location)
		if folder == "" {
			folder = "."
		}
		return folder, name
	}
	place, query, _ := strings.Cut(location, "?")
	if query != "" {
		query = "?" + query
	}
	cut := strings.LastIndex(place, "/") + 1
	if cut <= len(scheme)+len("://") {
		return location, ""
	}
	return place[:cut] + query, place[cut:]
}

func (l locator) formatOf(name string) (exporter.Format, bool) {
	for _, format := range l.formats {
		if strings.EqualFold(path.Ext(name), format.Extension()) {
			return format, true
		}
	}
	return nil, false
}

// exportsAt lists the exports at a location, by table; none, and perhaps an error, where
// the location is something else.
func (l locator) exportsAt(ctx context.Context, location string) ([]tableExports, error) {
	if location == "" {
		return nil, nil
	}
	destination, err := l.destination(location)
	if err != nil {
		return nil, nil //nolint:nilerr // locate says it
	}
	if found, err := l.pointedBy(ctx, location); len(found) > 0 || err != nil {
		return found, err
	}
	beside, besideErr := destination.List(ctx, "")
	if besideErr != nil {
		besideErr = fmt.Errorf("%s: %w", destination.URL(""), unreadable(besideErr))
	}
	var found []tableExports
	failed := []error{besideErr}
	for _, table := range schema.Tables() {
		one := tableExports{destination: destination, table: table, folder: table.Name}
		hasPointer := slices.Contains(beside, exporter.PointerName(table.Name))
		if lastName(location) == table.Name && table.Incremental() && !hasPointer {
			one.folder, one.appended = "", l.known(beside)
			return []tableExports{one}, besideErr
		}
		if hasPointer {
			one = one.withPointer(ctx)
		}
		if table.Incremental() && !one.isPointed() {
			names, err := destination.List(ctx, table.Name)
			if err != nil {
				failed = append(failed, fmt.Errorf("%s: %w", destination.URL(table.Name), unreadable(err)))
			}
			one.appended = l.known(names)
		}
		for _, name := range l.known(beside) {
			if strings.TrimSuffix(name, path.Ext(name)) == table.Name {
				one.others = append(one.others, name)
			}
		}
		if !one.empty() {
			found = append(found, one)
		}
	}
	return found, errors.Join(failed...)
}

// known are the names that have the extension of a format.
func (l locator) known(names []string) (known []string) {
	for _, name := range names {
		if _, ok := l.formatOf(name); ok {
			known = append(known, name)
		}
	}
	return known
}

// pointedBy finds the export whose pointer is the location, or whose folder of versions.
func (l locator) pointedBy(ctx context.Context, location string) ([]tableExports, error) {
	for _, table := range schema.Tables() {
		parent := ""
		switch lastName(location) {
		case exporter.PointerName(table.Name):
			parent, _ = splitLocation(location)
		case table.Name:
			parent = parentOf(location)
		}
		if parent == "" {
			continue
		}
		destination, err := l.destination(parent)
		if err != nil {
			return nil, err
		}
		if one := (tableExports{destination: destination, table: table, folder: table.Name}).withPointer(ctx); one.isPointed() {
			return []tableExports{one}, nil
		}
	}
	return nil, nil
}
