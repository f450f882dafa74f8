package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"reflect"
	"sync"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// errForeign says that a file is there but is no export of ours.
var errForeign = errors.New("not a lemexport file")

// errAmbiguous says that a folder does not tell which file is meant.
var errAmbiguous = errors.New("more than one export")

// opened is a committed file, open for reading.
type opened struct {
	object   exporter.Object
	reads    *reads
	data     exporter.DataFile
	manifest exporter.Manifest
}

func (o opened) close() error {
	if o.data != nil {
		o.data.Close()
	}
	if o.object == nil {
		return nil
	}
	return o.object.Close()
}

// reads passes reads on to an object, and remembers the first that failed: what
// could not be read is not damaged, nor somebody else's.
type reads struct {
	from io.ReaderAt

	mu     sync.Mutex
	failed error
}

// ReadAt implements io.ReaderAt.
func (r *reads) ReadAt(p []byte, offset int64) (int, error) {
	n, err := r.from.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.failed == nil {
			r.failed = err
		}
	}
	return n, err
}

// err is the error of the first read that failed; nil when none has.
func (r *reads) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return unreadable(r.failed)
}

// unreadable makes the error of a file that cannot be read say so. One that is
// not there, or was replaced, is another case.
func unreadable(err error) error {
	for _, other := range []error{fs.ErrNotExist, exporter.ErrConflict, exporter.ErrNotFile, context.Canceled, context.DeadlineExceeded} {
		if err == nil || errors.Is(err, other) {
			return err
		}
	}
	hint := exporter.Hint(err)
	if hint == "" {
		hint = "The content of the file is unknown, so nothing was changed. Make it readable, or run the command again later."
	}
	return exporter.WithHint(fmt.Errorf("%w: %w", exporter.ErrUnreadable, err), hint)
}

// openExport opens a committed file and parses its manifest. The error wraps
// fs.ErrNotExist when there is no file, [exporter.ErrUnreadable] when it cannot be read,
// and errForeign when it is not one of ours.
func openExport(ctx context.Context, from exporter.Destination, format exporter.Format, name string) (opened, error) {
	object, err := from.Open(ctx, name)
	if err != nil {
		return opened{}, unreadable(err)
	}
	file := opened{object: object, reads: &reads{from: object}}
	if file.data, file.manifest, err = parseExport(file.reads, object.Size(), format); err != nil {
		if failed := file.reads.err(); failed != nil {
			err = failed
		}
		return opened{}, errors.Join(err, object.Close())
	}
	file.data = named{file.data, from.URL(name)}
	return file, nil
}

// named says which file it is when its rows cannot be read.
type named struct {
	exporter.DataFile
	url string
}

// unnamed is a file whose errors do not name it.
func unnamed(file exporter.DataFile) exporter.DataFile {
	if n, ok := file.(named); ok {
		return n.DataFile
	}
	return file
}

// Records implements DataFile.
func (n named) Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		for rec, err := range n.DataFile.Records(ctx, table) {
			if err != nil {
				err = fmt.Errorf("%s: %w", n.url, err)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

func parseExport(object io.ReaderAt, size int64, format exporter.Format) (exporter.DataFile, exporter.Manifest, error) {
	data, err := format.Open(object, size)
	if err != nil {
		return nil, exporter.Manifest{}, notOpened(err)
	}
	manifest, err := parseManifest(data.Manifest())
	if err != nil {
		data.Close()
		return nil, exporter.Manifest{}, err
	}
	return data, manifest, nil
}

func parseManifest(body []byte) (exporter.Manifest, error) {
	if body == nil {
		return exporter.Manifest{}, fmt.Errorf("%w: no %s in its metadata", errForeign, exporter.ManifestKey)
	}
	var manifest exporter.Manifest
	if err := json.Unmarshal(body, &manifest); err != nil {
		return exporter.Manifest{}, fmt.Errorf("%w: its manifest is damaged: %w", errForeign, err)
	}
	if manifest.Version < 1 {
		return exporter.Manifest{}, fmt.Errorf("%w: its manifest has no version", errForeign)
	}
	if manifest.Version > exporter.ManifestVersion {
		return exporter.Manifest{}, exporter.WithHint(fmt.Errorf("written by a newer lemexport (manifest version %d, this one reads %d)", manifest.Version, exporter.ManifestVersion),
			"Update lemexport.")
	}
	if err := exporter.CheckPlausible(reflect.ValueOf(manifest)); err != nil {
		return exporter.Manifest{}, fmt.Errorf("%w: its manifest is damaged: %w", errForeign, err)
	}
	return manifest, nil
}

// notOpened tells an export of ours that was changed from a file that is none.
func notOpened(err error) error {
	if errors.Is(err, exporter.ErrAltered) {
		return exporter.WithHint(err, "Its manifest cannot be trusted, so no run replaces the file or continues it. Export to another destination.")
	}
	if errors.Is(err, exporter.ErrTooLarge) {
		return unreadable(err)
	}
	return fmt.Errorf("%w: %w", errForeign, err)
}

func readManifest(ctx context.Context, from exporter.Destination, format exporter.Format, name string) (*exporter.Manifest, error) {
	file, err := openExport(ctx, from, format, name)
	if err != nil {
		return nil, err
	}
	return &file.manifest, file.close()
}
