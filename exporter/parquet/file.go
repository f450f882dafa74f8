package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

const (
	// batchRows and batchBytes bound the records that Records yields; one row
	// alone may be larger.
	batchRows  = 4096
	batchBytes = 4 << 20

	magic = "PAR1"
)

// errDamaged is wrapped by the errors of files that contradict themselves.
var errDamaged = errors.New("the parquet file is damaged")

// dataFile is a file with its footer read.
type dataFile struct {
	file *parquet.File
	from io.ReaderAt
}

// Open reads the footer of a file of size bytes.
func (Format) Open(r io.ReaderAt, size int64) (exporter.DataFile, error) {
	file, err := open(r, size)
	if err != nil {
		return nil, advise(fmt.Errorf("open parquet: %w", err))
	}
	return &dataFile{file, r}, nil
}

func open(r io.ReaderAt, size int64) (file *parquet.File, err error) {
	defer catch(&err)
	if err := checkEnds(r, size); err != nil {
		return nil, err
	}
	file, err = parquet.OpenFile(r, size,
		parquet.SkipPageIndex(true),
		parquet.SkipBloomFilters(true),
	)
	if err != nil {
		return nil, err
	}
	return file, checkFooter(file, size)
}

// checkEnds looks at the magic bytes and at the footer before anything of a
// length that they state is allocated.
func checkEnds(r io.ReaderAt, size int64) error {
	const frame = int64(len(magic) + 4 + len(magic))
	if size < frame {
		return exporter.WithHint(fmt.Errorf("%d bytes are too few for a parquet file", size), "The file is cut off or is no Parquet file.")
	}
	var tail [8]byte
	if n, err := r.ReadAt(tail[:], size-int64(len(tail))); n < len(tail) {
		return fmt.Errorf("read the end of the file: %w", err)
	}
	if string(tail[4:]) != magic {
		return exporter.WithHint(errors.New("the file does not end as a parquet file"), "The file is cut off or is no Parquet file.")
	}
	footer := int64(binary.LittleEndian.Uint32(tail[:4]))
	if footer > size-frame {
		return fmt.Errorf("%w: a footer of %d bytes in a file of %d", errDamaged, footer, size)
	}
	body := make([]byte, footer)
	if n, err := r.ReadAt(body, size-int64(len(tail))-footer); n < len(body) {
		return fmt.Errorf("read the footer: %w", err)
	}
	_, err := checkThrift(body)
	return err
}

// checkFooter rejects places and sizes outside the file.
func checkFooter(file *parquet.File, size int64) error {
	var rows int64
	for _, group := range file.Metadata().RowGroups {
		rows += group.NumRows
		for _, chunk := range group.Columns {
			meta := &chunk.MetaData
			if first := firstPage(meta); first < int64(len(magic)) || meta.TotalCompressedSize < 0 || first > size-meta.TotalCompressedSize {
				return fmt.Errorf("%w: a column chunk at %d with %d bytes in a file of %d", errDamaged, first, meta.TotalCompressedSize, size)
			}
		}
	}
	if rows != file.NumRows() {
		return fmt.Errorf("%w: its row groups hold %d rows, the file %d", errDamaged, rows, file.NumRows())
	}
	return nil
}

// catch turns a panic of the Parquet library, which trusts what it reads, into an error.
func catch(err *error) {
	if reason := recover(); reason != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, reason)
	}
}

// advise says what to do about a damaged file.
func advise(err error) error {
	if errors.Is(err, errDamaged) || errors.Is(err, parquet.ErrCorrupted) {
		return exporter.WithHint(err, "The file was changed or cut off after it was written. Export again.")
	}
	return err
}

// Manifest returns the manifest's JSON, or nil.
func (f *dataFile) Manifest() []byte {
	if manifest, ok := f.file.Lookup(exporter.ManifestKey); ok {
		return []byte(manifest)
	}
	return nil
}

// Rows returns the number of rows the footer states.
func (f *dataFile) Rows() int64 { return f.file.NumRows() }

// CheckSchema compares the file's columns with the table's.
func (f *dataFile) CheckSchema(table *schema.Table) error {
	return checkSchema(f.file, newLayout(table))
}

// Records yields the rows in file order.
func (f *dataFile) Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		layout := newLayout(table)
		if err := checkSchema(f.file, layout); err != nil {
			yield(nil, err)
			return
		}
		reader, err := newReader(f.from, layout)
		if err != nil {
			yield(nil, err)
			return
		}
		defer reader.close()
		for i := range f.file.Metadata().RowGroups {
			if !f.group(ctx, reader, i, yield) {
				return
			}
		}
	}
}

// group yields the rows of a row group; false ends the reading.
func (f *dataFile) group(ctx context.Context, reader *reader, number int, yield func(arrow.Record, error) bool) bool {
	fail := func(err error) bool {
		yield(nil, advise(fmt.Errorf("read parquet row group %d: %w", number+1, err)))
		return false
	}
	if err := reader.start(&f.file.Metadata().RowGroups[number]); err != nil {
		return fail(err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return fail(err)
		}
		rec, err := reader.next()
		switch {
		case err != nil:
			return fail(err)
		case rec == nil:
			return true
		}
		more := yield(rec, nil)
		rec.Release()
		if !more {
			return false
		}
	}
}
