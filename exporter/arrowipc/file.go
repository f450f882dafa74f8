package arrowipc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// dataFile is a file with its footer read. It must not be used concurrently.
type dataFile struct {
	file *checksumReader
	// begin is where the footer begins.
	begin  int64
	reader *ipc.FileReader
	memory *allocator
	rows   int64
	// size is the size of the file, batches are the positions of its record batches.
	size    int64
	batches []block
	budget  *exporter.Budget
	held    *exporter.Footer
}

func open(r io.ReaderAt, size int64, budget *exporter.Budget) (file *dataFile, err error) {
	held := budget.Footer()
	defer func() {
		if err != nil {
			held.Free()
		}
	}()
	defer catch(&err)
	end, begin, err := readFooter(r, size, held)
	if err != nil {
		return nil, err
	}
	footer := end[:len(end)-tail]
	if err := checkFooter(footer, held); err != nil {
		return nil, err
	}
	batches, err := blocks(footer, begin)
	if err != nil {
		return nil, err
	}
	memory, under := newAllocator(budget), &checksumReader{from: r}
	reader, err := ipc.NewFileReader(io.NewSectionReader(under, 0, size), ipc.WithAllocator(memory))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	file = &dataFile{file: under, begin: begin, reader: reader, memory: memory, size: size, batches: batches, budget: budget, held: held}
	if file.Sealed() {
		if err := checkFooterHash(end); err != nil {
			return nil, err
		}
	}
	if text, ok := file.lookup(RowsKey); ok {
		if file.rows, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("%w: its number of rows is not a number", errDamaged)
		}
	}
	return file, held.TakeJSON(file.Manifest())
}

// Close gives back what the footer took of the budget.
func (f *dataFile) Close() { f.held.Free() }

// advise says what to do about a damaged file.
func advise(err error) error {
	if errors.Is(err, errDamaged) || errors.Is(err, exporter.ErrAltered) {
		return exporter.WithHint(err, "The file was changed or truncated after it was written. Export again.")
	}
	return err
}

func (f *dataFile) lookup(key string) (string, bool) {
	return f.reader.Schema().Metadata().GetValue(key)
}

// Manifest returns the manifest's JSON, or nil.
func (f *dataFile) Manifest() []byte {
	if manifest, ok := f.lookup(exporter.ManifestKey); ok {
		return []byte(manifest)
	}
	return nil
}

// Rows returns the number of rows the footer states.
func (f *dataFile) Rows() int64 { return f.rows }

// Sealed reports whether the file holds checksums of itself.
func (f *dataFile) Sealed() bool {
	_, footer := f.lookup(exporter.FooterHashKey)
	_, data := f.lookup(DataSumKey)
	return footer || data
}

// CheckSchema compares the file's columns with the table's.
func (f *dataFile) CheckSchema(table *schema.Table) error {
	if err := compare("", f.reader.Schema().Fields(), table.Arrow().Fields()); err != nil {
		return exporter.WithHint(fmt.Errorf("the file does not hold the table %s in version %d: %w", table.Name, table.Version, err),
			"Another program or another version of lemexport wrote the file. Export again, or read it with the version that wrote it.")
	}
	return nil
}

// Records yields the rows in file order.
func (f *dataFile) Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		if err := f.CheckSchema(table); err != nil {
			yield(nil, err)
			return
		}
		rows := int64(0)
		for i := range f.batches {
			err := ctx.Err()
			var rec arrow.Record
			if err == nil {
				rec, err = f.record(i, table)
			}
			if err == nil {
				rows += rec.NumRows()
			}
			if err == nil && rows > f.size { // ids differ, so that each takes more than a byte
				rec.Release()
				err = fmt.Errorf("%w: more than %d rows in %d bytes", errDamaged, f.size, f.size)
			}
			if err != nil {
				yield(nil, advise(fmt.Errorf("read arrow record batch %d: %w", i+1, err)))
				return
			}
			if !inParts(rec, yield) {
				return
			}
		}
	}
}

// inParts yields a batch in records of bounded size, and releases it.
func inParts(rec arrow.Record, yield func(arrow.Record, error) bool) bool {
	defer rec.Release()
	for from := int64(0); from < rec.NumRows(); from += batchRows {
		part := rec.NewSlice(from, min(from+batchRows, rec.NumRows()))
		more := yield(part, nil)
		part.Release()
		if !more {
			return false
		}
	}
	return true
}

// record reads a batch; the caller releases it.
func (f *dataFile) record(i int, table *schema.Table) (rec arrow.Record, err error) {
	defer catch(&err)
	f.memory.reset()
	if err := f.load(f.batches[i]); err != nil {
		return nil, err
	}
	read, err := f.reader.RecordAt(i)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	defer read.Release()
	for at, column := range table.Columns {
		if err := checkArray(read.Column(at), column, read.NumRows()); err != nil {
			return nil, fmt.Errorf("%w: column %q: %w", errDamaged, column.Name, err)
		}
	}
	return array.NewRecord(table.Arrow(), read.Columns(), read.NumRows()), nil
}

// Verify yields the rows as Records does, and compares all bytes of the file with
// its checksums. Of a file without, of an earlier version, it sees the rows and
// that nothing is between their batches.
func (f *dataFile) Verify(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error] {
	return func(yield func(arrow.Record, error) bool) {
		f.file.start()
		defer func() { f.file.on = false }()
		for rec, err := range f.Records(ctx, table) {
			if !yield(rec, err) || err != nil {
				return
			}
		}
		if err := f.whole(table); err != nil {
			yield(nil, advise(fmt.Errorf("%w: %w", exporter.ErrAltered, err)))
		}
	}
}

// whole checks what no row shows, after all rows were read.
func (f *dataFile) whole(table *schema.Table) error {
	if !f.Sealed() {
		keys := append(slices.Clone(table.Arrow().Metadata().Keys()), RowsKey, exporter.ManifestKey)
		if have := f.reader.Schema().Metadata().Keys(); !slices.Equal(have, keys) {
			return fmt.Errorf("its schema has the metadata %q", have)
		}
		if f.file.at != f.begin {
			return errors.New("there are bytes between its last batch and its footer")
		}
		return nil
	}
	if err := f.file.reach(f.begin); err != nil {
		return err
	}
	if stated, _ := f.lookup(DataSumKey); stated != fmt.Sprintf("%08x", f.file.sum) {
		return errors.New("its bytes do not match their checksum")
	}
	return nil
}

// load reads a batch once and checks it before the library decodes it.
func (f *dataFile) load(at block) (err error) {
	defer catch(&err)
	if most := f.budget.Waiting(); at.meta+at.body > most {
		return exporter.TooLarge("a record batch of %s; the limit is %s", humanize.IBytes(uint64(at.meta+at.body)), humanize.IBytes(uint64(most)))
	}
	data, err := f.file.load(at.offset, at.meta+at.body)
	if err != nil {
		return err
	}
	return checkBatch(data[:at.meta], data[at.meta:], uint64(f.budget.Page()))
}
