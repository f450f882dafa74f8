package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/lemexport/lemexport/schema"
)

// OpenBeside opens the export of another table in the folder that holds the export at
// location, whose table is of. The error wraps fs.ErrNotExist when there is none.
func (e *Engine) OpenBeside(ctx context.Context, location string, of, other *schema.Table) (*File, error) {
	folder, name := splitLocation(location)
	formats := e.formats()
	isFile := false
	for _, format := range formats {
		isFile = isFile || strings.EqualFold(filepath.Ext(name), format.Extension())
	}
	if !isFile && name != of.Name { // the folder itself, and not that of the files of an append
		folder = location
	}
	for _, format := range formats {
		file, url, err := e.openAt(ctx, folder, format, other.Name+format.Extension())
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if file.manifest.Table != other.Name {
			return nil, errors.Join(fmt.Errorf("%s holds the table %.100q", url, file.manifest.Table), file.close())
		}
		table, err := tableOf(file.manifest)
		if err == nil {
			err = file.data.CheckSchema(table)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", url, err), file.close())
		}
		return &File{opened: file, table: table, url: url}, nil
	}
	return nil, fs.ErrNotExist
}
