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
	table, err := tableOf(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", url, err), file.close())
	}
	return &File{opened: file, table: table, url: url}, nil
}

// tableOf is the table that a file holds: the one its manifest names, without
// the columns that it leaves out.
func tableOf(file opened) (*schema.Table, error) {
	table, ok := schema.Lookup(file.manifest.Table)
	if !ok {
		return nil, fmt.Errorf("the manifest names an unknown table %q", file.manifest.Table)
	}
	table, err := table.Select(file.manifest.Columns.selection())
	if err != nil {
		return nil, fmt.Errorf("the manifest's columns: %w", err)
	}
	return table, file.data.CheckSchema(table)
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
