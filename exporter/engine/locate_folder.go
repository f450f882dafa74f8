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
