package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

const (
	// mostPointer bounds what is read of a pointer.
	mostPointer = 32 << 20
	// pointerTries is how often a reader begins again because the pointer moved meanwhile.
	pointerTries = 10
)

const hintPointer = "The pointer does not say which file is the newest, so nothing was changed. Restore it from a backup. " +
	"When there is none, verify the files in the folder beside it, move them away and remove the pointer: the next run then begins anew."

// pointed is a pointer as it was read, with its version.
type pointed struct {
	exporter.Pointer
	version exporter.Version
}

// names reports whether a file is one of the versions that are kept.
func (p *pointed) names(file string) bool {
	return slices.ContainsFunc(p.Versions, func(one exporter.StoredFile) bool { return one.File == file })
}

// readPointer reads the pointer of a table. The error wraps fs.ErrNotExist when there is
// none, and errForeign when the object of that name is none.
func readPointer(ctx context.Context, from exporter.Destination, table string) (*pointed, error) {
	for tries := 1; ; tries++ {
		found, err := readPointerOnce(ctx, from, table)
		if !errors.Is(err, exporter.ErrConflict) || tries == pointerTries {
			return found, err
		}
	}
}

func readPointerOnce(ctx context.Context, from exporter.Destination, table string) (_ *pointed, err error) {
	object, err := from.Open(ctx, exporter.PointerName(table))
	if errors.Is(err, exporter.ErrNotFile) {
		return nil, fmt.Errorf("%w: %w", errForeign, err)
	}
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	if object.Size() > mostPointer {
		return nil, fmt.Errorf("%w: it is larger than a pointer can be", errForeign)
	}
	body, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if err != nil {
		return nil, unreadable(err)
	}
	pointer, err := parsePointer(body, table)
	return &pointed{pointer, object.Version()}, err
}

// parsePointer tells a pointer of ours that is damaged, or cut off, from the file of
// another program.
func parsePointer(body []byte, table string) (pointer exporter.Pointer, err error) {
	damaged := func(format string, args ...any) (exporter.Pointer, error) {
		return exporter.Pointer{}, exporter.WithHint(fmt.Errorf("the pointer is damaged: "+format, args...), hintPointer)
	}
	var stated struct {
		Layout *int `json:"lemexport_layout_version"`
	}
	err = json.Unmarshal(body, &stated)
	const key = `"lemexport_layout_version"`
	switch body = bytes.TrimSpace(body); {
	case len(body) == 0:
		return damaged("it is empty")
	case err != nil && !bytes.Contains(body, []byte(key)), err == nil && stated.Layout == nil:
		return exporter.Pointer{}, fmt.Errorf("%w: it has no %s", errForeign, key)
	case err != nil:
		return damaged("%w", err)
	case *stated.Layout > exporter.PointerVersion:
		return exporter.Pointer{}, exporter.WithHint(fmt.Errorf("the pointer was written by a newer lemexport (layout version %d, this one reads %d)", *stated.Layout, exporter.PointerVersion),
			"Update lemexport.")
	case *stated.Layout < 1:
		return damaged("its layout version is %d", *stated.Layout)
	}
	if err := json.Unmarshal(body, &pointer); err != nil {
		return damaged("%w", err)
	}
	if err := exporter.CheckPlausible(reflect.ValueOf(pointer)); err != nil {
		return damaged("%w", err)
	}
	for _, one := range pointer.Versions {
		if folder, name := path.Split(one.File); folder != table+"/" || name == "" || strings.HasPrefix(name, ".") {
			return damaged("a version is not a file in the folder %s", table)
		}
	}
	switch {
	case pointer.Table != table || pointer.Manifest.Table != table:
		return damaged("it is not about the table %s", table)
	case len(pointer.Versions) == 0 || pointer.Versions[0].File != pointer.File:
		return damaged("the newest of its versions is another file")
	}
	return pointer, nil
}

// openPointed opens the file that the pointer of a table names. A file that is gone because
// the pointer has moved meanwhile is no error: the reader begins again.
func openPointed(ctx context.Context, from locator, at exporter.Destination, table string) (opened, *pointed, error) {
	for last, tries := "", 1; ; tries++ {
		pointer, err := readPointer(ctx, at, table)
		if err != nil {
			return opened{}, nil, err
		}
		format, ok := from.formatOf(pointer.File)
		if !ok {
			return opened{}, nil, exporter.WithHint(fmt.Errorf("the pointer names %.100q, which has no known file format", pointer.File), hintPointer)
		}
		file, err := openExport(ctx, at, format, pointer.File)
		switch {
		case err == nil:
			return file, pointer, nil
		case !errors.Is(err, fs.ErrNotExist):
			return opened{}, nil, fmt.Errorf("%s: %w", at.URL(pointer.File), err)
		case pointer.File == last || tries == pointerTries:
			// Not an fs.ErrNotExist: there is an export, and nothing replaces it.
			return opened{}, nil, exporter.WithHint(fmt.Errorf("the pointer names %s, which is missing", at.URL(pointer.File)), hintPointer)
		}
		last = pointer.File
	}
}

// stated is a manifest as a pointer repeats it.
func stated(m exporter.Manifest) exporter.Manifest {
	m.Recent, m.AtWatermark = nil, nil
	return m
}

// encodePointer is the text of a pointer.
func encodePointer(pointer exporter.Pointer) ([]byte, error) {
	body, err := json.MarshalIndent(pointer, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode pointer: %w", err)
	}
	return append(body, '\n'), nil
}
