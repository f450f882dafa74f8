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
	// end is where the footer begins.
	end int64
}

// Open reads the footer of a file of size bytes.
func (Format) Open(r io.ReaderAt, size int64) (exporter.DataFile, error) {
	file, err := open(r, size)
	if err != nil {
		return nil, advise(fmt.Errorf("open parquet: %w", err))
	}
	return file, nil
}

func open(r io.ReaderAt, size int64) (opened *dataFile, err error) {
	defer catch(&err)
	tail, err := readTail(r, size)
	if err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size,
		parquet.SkipPageIndex(true),
		parquet.SkipBloomFilters(true),
	)
	if err != nil {
		return nil, err
	}
	opened = &dataFile{file, r, size - int64(len(tail))}
	if opened.Sealed() {
		stated, _ := file.Lookup(exporter.FooterHashKey)
		if err := checkFooterHash(tail, stated); err != nil {
			return nil, err
		}
	}
	return opened, checkFooter(file, size)
}

// readTail reads the footer and what follows it. It looks at the magic bytes and at
// the footer before anything of a length that they state is allocated.
func readTail(r io.ReaderAt, size int64) ([]byte, error) {
	const frame = int64(len(magic) + 4 + len(magic))
	if size < frame {
		return nil, exporter.WithHint(fmt.Errorf("%d bytes are too few for a parquet file", size), "The file is cut off or is no Parquet file.")
	}
	var tail [8]byte
	if n, err := r.ReadAt(tail[:], size-int64(len(tail))); n < len(tail) {
		return nil, fmt.Errorf("read the end of the file: %w", err)
	}
	if string(tail[4:]) != magic {
		return nil, exporter.WithHint(errors.New("the file does not end as a parquet file"), "The file is cut off or is no Parquet file.")
	}
	footer := int64(binary.LittleEndian.Uint32(tail[:4]))
	if footer > size-frame {
		return nil, fmt.Errorf("%w: a footer of %d bytes in a file of %d", errDamaged, footer, size)
	}
	body := make([]byte, footer+int64(len(tail)))
	if n, err := r.ReadAt(body, size-int64(len(body))); n < len(body) {
		return nil, fmt.Errorf("read the footer: %w", err)
	}
	_, err := checkThrift(body[:footer])
	return body, err
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
	if errors.Is(err, errDamaged) || errors.Is(err, exporter.ErrAltered) || errors.Is(err, parquet.ErrCorrupted) {
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
	return checkSchema(f.file, layoutOf(f.file, table))
}

// Records yields the rows in file order.
func (f *dataFile) Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) { f.read(ctx, table, nil, yield) }
}

// read yields the rows under a watch; false says that it did not come to their end.
func (f *dataFile) read(ctx context.Context, table *schema.Table, w *watch, yield func(arrow.Record, error) bool) bool {
	layout := layoutOf(f.file, table)
	if err := checkSchema(f.file, layout); err != nil {
		yield(nil, err)
		return false
	}
	reader, err := newReader(f.from, layout)
	if err != nil {
		yield(nil, err)
		return false
	}
	defer reader.close()
	for i := range f.file.Metadata().RowGroups {
		if !f.group(ctx, reader, i, w, yield) {
			return false
		}
	}
	return true
}

// group yields the rows of a row group; false ends the reading.
func (f *dataFile) group(ctx context.Context, reader *reader, number int, w *watch, yield func(arrow.Record, error) bool) bool {
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
			w.group(&f.file.Metadata().RowGroups[number], reader.intakes)
			return true
		}
		w.rows(rec, reader.intakes)
		more := yield(rec, nil)
		rec.Release()
		if !more {
			return false
		}
	}
}
