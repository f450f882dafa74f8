package exporter

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// File is a committed export, open for reading. Close it when done.
type File struct {
	opened
	table *schema.Table
	url   string
}

// OpenFile opens the export at location, a file or a destination folder, as
// Verify does, and compares its columns with the table that its manifest names.
// It reads no row: what is wrong with the rows is for Verify to say.
func (e *Engine) OpenFile(ctx context.Context, location string) (*File, error) {
	file, url, err := e.locate(ctx, location)
	if err != nil {
		return nil, err
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

// tableOf is the table of a file with this manifest: as it was in the manifest's
// schema version, without the columns that the file leaves out.
func tableOf(manifest Manifest) (*schema.Table, error) {
	table, ok := schema.Lookup(manifest.Table)
	if !ok {
		return nil, fmt.Errorf("the manifest names an unknown table %q", manifest.Table)
	}
	was, ok := table.AsOf(manifest.SchemaVersion)
	if !ok {
		return nil, fmt.Errorf("the manifest names schema version %d of %s; this lemexport knows 1 to %d", manifest.SchemaVersion, table.Name, table.Version)
	}
	table, err := was.Select(manifest.Columns.selection())
	if err != nil {
		return nil, fmt.Errorf("the manifest's columns: %w", err)
	}
	return table, nil
}

// URL is where the file is, for people.
func (f *File) URL() string { return f.url }

// Bytes is the size of the file.
func (f *File) Bytes() int64 { return f.object.Size() }

// Manifest is what the file says about itself.
func (f *File) Manifest() Manifest { return f.manifest }

// Table has the columns of the file.
func (f *File) Table() *schema.Table { return f.table }

// Records yields the rows in file order, in batches of bounded size. A record
// is the loop body's only until the next iteration.
func (f *File) Records(ctx context.Context) iter.Seq2[arrow.Record, error] {
	return f.data.Records(ctx, f.table)
}

// Close closes the file.
func (f *File) Close() error { return f.close() }
