package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// tableExports is what a destination holds of one table.
type tableExports struct {
	destination exporter.Destination
	table       *schema.Table
	// folder is where the files of an append are, appended are their names, and others
	// those of the exports of another mode, as the destination names them.
	folder           string
	appended, others []string
	// pointer is that of the versioned layout, nil without one; broken says why it cannot
	// be followed.
	pointer *pointed
	broken  error
}

// empty reports whether there is nothing of the table.
func (t tableExports) empty() bool {
	return len(t.appended)+len(t.others) == 0 && !t.isPointed()
}

// isPointed reports whether there is a pointer, whole or not.
func (t tableExports) isPointed() bool { return t.pointer != nil || t.broken != nil }

// url is where the export is, for people: a pointer, the folder of an append, or a file.
func (t tableExports) url() string {
	switch {
	case t.isPointed():
		return t.destination.URL(exporter.PointerName(t.table.Name))
	case len(t.appended) > 0:
		return t.destination.URL(t.folder)
	}
	return t.destination.URL(t.others[0])
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

// withPointer reads the pointer of the table. The file of another program is none.
func (t tableExports) withPointer(ctx context.Context) tableExports {
	pointer, err := readPointer(ctx, t.destination, t.table.Name)
	switch {
	case err == nil:
		t.pointer = pointer
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errForeign):
		t.broken = fmt.Errorf("%s: %w", t.destination.URL(exporter.PointerName(t.table.Name)), err)
	}
	return t
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

// parentOf is the folder around a folder; "" when there is none.
func parentOf(location string) string {
	if scheme, _ := exporter.LocationScheme(location); scheme == "" || exporter.ObjectParams(scheme) == nil {
		return strings.TrimRight(location, "/") + "/.."
	}
	place, query, _ := strings.Cut(location, "?")
	if query != "" {
		query = "?" + query
	}
	parent, name := splitLocation(strings.TrimRight(place, "/") + query)
	if name == "" {
		return ""
	}
	return parent
}

// meant is the one of several exports that a location means which names none: one of a
// table whose rows have versions comes before those that go with it.
func meant(found []tableExports, location string) (tableExports, error) {
	for _, incremental := range []bool{true, false} {
		of := slices.DeleteFunc(slices.Clone(found), func(t tableExports) bool { return t.table.Incremental() != incremental })
		if len(of) == 0 {
			continue
		}
		if len(of) > 1 && slices.ContainsFunc(of, tableExports.isPointed) {
			return tableExports{}, exporter.WithHint(fmt.Errorf("%s holds %w", exporter.WithoutQuery(location), errAmbiguous),
				fmt.Sprintf("Name one: %s or %s.", of[0].url(), of[1].url()))
		}
		for _, one := range of {
			if len(one.appended) > 0 || one.isPointed() {
				return one, nil
			}
		}
		return tableExports{}, nil
	}
	return tableExports{}, nil
}

// lastName is the last name of the folder that a location names.
func lastName(location string) string {
	if scheme, _ := exporter.LocationScheme(location); scheme != "" {
		if at, err := url.Parse(location); err == nil {
			return path.Base(at.Path)
		}
	}
	whole, err := filepath.Abs(location) // for "." and ".."
	if err != nil {
		whole = location
	}
	return filepath.Base(whole)
}
