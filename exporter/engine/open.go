package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// File is a committed export, open for reading: one file, or the files of an
// append. Close it when done.
type File struct {
	opened
	table *schema.Table
	url   string
	union *union // nil for one file
}

// openFile is [Engine.OpenFile].
func openFile(ctx context.Context, from locator, temporary temporary, location string) (*File, error) {
	all, listErr := from.exportsAt(ctx, location)
	found, err := meant(all, location)
	switch {
	case err != nil:
		return nil, err
	case found.broken != nil:
		return nil, found.broken
	case found.pointer != nil && len(found.others) > 0:
		return nil, exporter.WithHint(fmt.Errorf("%s holds an export in two layouts", exporter.WithoutQuery(location)),
			fmt.Sprintf("Name one: %s or %s. The next apply removes the one that the configuration does not have.", found.url(), found.destination.URL(found.others[0])))
	case found.pointer != nil:
		file, _, err := openPointed(ctx, from, found.destination, found.table.Name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", found.url(), err)
		}
		return fileOf(file, found.url())
	case len(found.appended) > 0 && len(found.others) > 0:
		return nil, exporter.WithHint(fmt.Errorf("%s holds the files of an append and another export", exporter.WithoutQuery(location)),
			fmt.Sprintf("Name one: %s or %s.", found.destination.URL(found.folder), found.destination.URL(found.others[0])))
	case len(found.appended) > 0:
		return openUnion(ctx, from, temporary, found)
	}
	file, url, err := from.locate(ctx, location)
	if errors.Is(err, fs.ErrNotExist) && listErr != nil {
		err = listErr
	}
	if err != nil {
		return nil, err
	}
	return fileOf(file, url)
}

// fileOf is an opened file whose columns are those of its table. After an error it is
// closed.
func fileOf(file opened, url string) (*File, error) {
	table, err := tableOf(file.manifest)
	if err == nil {
		err = file.data.CheckSchema(table)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", url, err), file.close())
	}
	return &File{opened: file, table: table, url: url}, nil
}

// tableOf is the table of a file with this manifest: as it was in the manifest's
// schema version, without the columns that the file leaves out.
func tableOf(manifest exporter.Manifest) (*schema.Table, error) {
	table, ok := schema.Lookup(manifest.Table)
	if !ok {
		return nil, fmt.Errorf("the manifest names an unknown table %q", manifest.Table)
	}
	was, ok := table.AsOf(manifest.SchemaVersion)
	if !ok {
		return nil, fmt.Errorf("the manifest names schema version %d of %s; this lemexport knows 1 to %d", manifest.SchemaVersion, table.Name, table.Version)
	}
	table, err := was.Select(manifest.Columns.Selection())
	if err != nil {
		return nil, fmt.Errorf("the manifest's columns: %w", err)
	}
	return table, nil
}

// URL is where the file is, for people; of the files of an append, their folder.
func (f *File) URL() string { return f.url }

// Files is how many files there are.
func (f *File) Files() int {
	if f.union == nil {
		return 1
	}
	return len(f.union.files)
}

// Glob matches the names of the files of an append in their folder: *.parquet. It is
// empty when there is one file and URL names it.
func (f *File) Glob() string {
	if f.union == nil || len(f.union.files) == 0 {
		return ""
	}
	return "*" + path.Ext(f.union.files[0].name)
}

// Bytes is the size of the file, or of all files together.
func (f *File) Bytes() int64 {
	if f.union == nil {
		return f.object.Size()
	}
	total := int64(0)
	for _, file := range f.union.files {
		total += file.object.Size()
	}
	return total
}

// Manifest is what the file says about itself. Of the files of an append it is
// the newest one's, with the number of rows, the activities and the unknown
// fields of all, and without a content hash.
func (f *File) Manifest() exporter.Manifest { return f.manifest }

// Table has the columns of the file.
func (f *File) Table() *schema.Table { return f.table }

// Records yields the rows in file order, of the files of an append the newest
// version of each conversation, the newest file first, in batches of bounded size. A record
// is the loop body's only until the next iteration.
func (f *File) Records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	if f.union != nil {
		return f.union.records(ctx, f.table)
	}
	return f.data.Records(ctx, f.table)
}

// Close closes the file.
func (f *File) Close() error {
	if f.union != nil {
		return f.union.close()
	}
	return f.close()
}
