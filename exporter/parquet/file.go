package parquet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

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
	// file has the schema of the file, and nothing else of it.
	file   *parquet.File
	meta   *format.FileMetaData
	from   io.ReaderAt
	budget *exporter.Budget
	held   *exporter.Footer
	// end is where the footer begins, size the length of the file.
	end, size int64
}

func open(r io.ReaderAt, size int64, budget *exporter.Budget) (opened *dataFile, err error) {
	held := budget.Footer()
	defer func() {
		if err != nil {
			held.Free()
		}
	}()
	defer catch(&err)
	tail, err := readTail(r, size, held)
	if err != nil {
		return nil, err
	}
	opened = &dataFile{from: r, budget: budget, held: held, end: size - int64(len(tail)), size: size}
	if opened.meta, err = decodeFooter(tail[:len(tail)-footerFrame], held); err != nil {
		return nil, err
	}
	if opened.file, err = openSchema(opened.meta.Schema); err != nil {
		return nil, err
	}
	if opened.Sealed() {
		stated, _ := opened.lookup(exporter.FooterHashKey)
		if err := checkFooterHash(tail, stated); err != nil {
			return nil, err
		}
	}
	if err := held.TakeJSON(opened.Manifest()); err != nil {
		return nil, err
	}
	return opened, checkFooter(opened.meta, size)
}

// Close gives back what the footer took of the budget.
func (f *dataFile) Close() { f.held.Free() }

// checkFooter rejects places and sizes outside the file.
func checkFooter(meta *format.FileMetaData, size int64) error {
	var rows int64
	for _, group := range meta.RowGroups {
		if group.NumRows < 0 || group.NumRows > size-rows { // ids differ, so that each takes more than a byte
			return fmt.Errorf("%w: a row group of %d rows in a file of %d bytes", errDamaged, group.NumRows, size)
		}
		rows += group.NumRows
		for _, chunk := range group.Columns {
			meta := &chunk.MetaData
			if first := firstPage(meta); first < int64(len(magic)) || meta.TotalCompressedSize < 0 || first > size-meta.TotalCompressedSize {
				return fmt.Errorf("%w: a column chunk at %d with %d bytes in a file of %d", errDamaged, first, meta.TotalCompressedSize, size)
			}
		}
	}
	if rows != meta.NumRows {
		return fmt.Errorf("%w: its row groups hold %d rows, the file %d", errDamaged, rows, meta.NumRows)
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
		return exporter.WithHint(err, "The file was changed or truncated after it was written. Export again.")
	}
	return err
}

// Manifest returns the manifest's JSON, or nil.
func (f *dataFile) Manifest() []byte {
	if manifest, ok := f.lookup(exporter.ManifestKey); ok {
		return []byte(manifest)
	}
	return nil
}

// lookup returns the last value of a key in the footer.
func (f *dataFile) lookup(key string) (string, bool) {
	for _, pair := range slices.Backward(f.meta.KeyValueMetadata) {
		if pair.Key == key {
			return pair.Value, true
		}
	}
	return "", false
}

// Rows returns the number of rows the footer states.
func (f *dataFile) Rows() int64 { return f.meta.NumRows }

// Extra implements exporter.FormedFile.
func (f *dataFile) Extra() string { return extraOf(f.meta.Schema) }

// Sealed reports whether the file holds checksums of itself.
func (f *dataFile) Sealed() bool {
	_, footer := f.lookup(exporter.FooterHashKey)
	_, data := f.lookup(DataHashKey)
	return footer || data
}

// CheckSchema compares the file's columns with the table's.
func (f *dataFile) CheckSchema(table *schema.Table) error {
	return checkSchema(f.file, layoutOf(f.file, table))
}

// Records yields the rows in file order.
func (f *dataFile) Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) { f.read(ctx, table, 0, f.Groups(), nil, yield) }
}

// Verify yields the rows as Records does, and compares all else in the file with
// its checksums, or, in a file without, with what its rows make it.
func (f *dataFile) Verify(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		w := new(verification)
		if w.by = newHashVerifier(f); !f.Sealed() {
			w.guard(func() (err error) {
				w.by, err = newRewriteVerifier(f, newLayout(table, legacyForm()))
				return err
			})
		}
		if !f.read(ctx, table, 0, f.Groups(), w, yield) {
			return
		}
		if w.end(); w.failed != nil {
			yield(nil, advise(fmt.Errorf("%w: %w", exporter.ErrAltered, w.failed)))
		}
	}
}

// read yields the rows of the groups from one on, up to another, and passes them to a
// verification; it reports false when it stopped before the last row.
func (f *dataFile) read(ctx context.Context, table *schema.Table, from, to int, w *verification, yield func(arrow.Record, error) bool) bool {
	layout := layoutOf(f.file, table)
	if err := checkSchema(f.file, layout); err != nil {
		yield(nil, err)
		return false
	}
	reader, err := newReader(f.from, layout, f.budget)
	if err != nil {
		yield(nil, err)
		return false
	}
	defer reader.close()
	for i := from; i < to; i++ {
		if !f.group(ctx, reader, i, &f.meta.RowGroups[i], w, yield) {
			return false
		}
	}
	return true
}

// group yields the rows of a row group, and reports false when the read is over.
func (f *dataFile) group(ctx context.Context, reader *reader, number int, group *format.RowGroup, w *verification, yield func(arrow.Record, error) bool) bool {
	fail := func(err error) bool {
		yield(nil, advise(fmt.Errorf("read parquet row group %d: %w", number+1, err)))
		return false
	}
	if err := reader.start(group); err != nil {
		return fail(err)
	}
	for {
		if err := ctx.Err(); err != nil {
			return fail(err)
		}
		rec, err := reader.next(ctx)
		switch {
		case err != nil:
			return fail(err)
		case rec == nil:
			w.group(group, reader.columnReaders)
			return true
		}
		w.rows(rec, reader.columnReaders)
		more := yield(rec, nil)
		rec.Release()
		if !more {
			return false
		}
	}
}

// Groups is the number of row groups.
func (f *dataFile) Groups() int { return len(f.meta.RowGroups) }

// GroupRows yields the rows of the row groups from one on, up to another.
func (f *dataFile) GroupRows(ctx context.Context, table *schema.Table, from, to int) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) { f.read(ctx, table, from, to, nil, yield) }
}

// Keys starts to read keys. It reads no other columns.
func (f *dataFile) Keys(table *schema.Table) (exporter.GroupKeys, error) {
	return newKeyReader(f, table)
}

// written is the footer with all that the sink has written there.
func (f *dataFile) written() (*fileMeta, error) {
	tail, err := readTail(f.from, f.size, f.held)
	if err != nil {
		return nil, err
	}
	meta := new(fileMeta)
	return meta, f.unmarshal(tail[:len(tail)-footerFrame], meta)
}

// unmarshal decodes a structure, which it charges before.
func (f *dataFile) unmarshal(data []byte, to any) error {
	_, weight, err := weighThrift(data, reflect.TypeOf(to).Elem(), f.held.Left())
	if err == nil {
		err = f.held.Take(weight)
	}
	if err != nil {
		return err
	}
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), data, to); err != nil {
		return fmt.Errorf("%w: %w", errDamaged, err)
	}
	return nil
}
