package parquet

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"runtime"

	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

const (
	// RowGroupRows is the most rows of a row group. DuckDB reads row groups in
	// parallel; 50,000 to 120,000 rows suit it, and the fewest find one id fastest.
	RowGroupRows = 50_000
	// RowGroupBytes ends a row group of very large rows early: a row group's pages
	// wait in memory until it is complete.
	RowGroupBytes = 64 << 20
	// PageBytes is about the size, before compression, that ends a page.
	PageBytes = 256 << 10
	// PageRows ends a page too, as in parquet-java: pages of narrow columns would
	// else span the row group, and the page index would say nothing.
	PageRows = 20_000
	// BloomBits is the size of the bloom filter per id: about 1 in 100 absent ids pass.
	BloomBits = 10
	// ArrowSchemaKey is the footer's key of the Arrow schema, as Arrow's own
	// Parquet writers store it: base64 of an IPC stream with no batches. It has no
	// descriptions: they were most of a small file.
	ArrowSchemaKey = "ARROW:schema"

	// formatVersion is what writers of data pages v2 state.
	formatVersion = 2
	writeBuffer   = 64 << 10
)

// Format is the Parquet file format: a [exporter.Format].
type Format struct {
	// Version is lemexport's version, for the footer's created_by.
	Version string
	// Workers encode columns at the same time; 0 is as many as there are processors.
	// The file is the same for any number.
	Workers int
	// Memory is a budget in bytes. A quarter of it may be pages that wait for the end
	// of their row group, [RowGroupBytes] at the most; 0 is enough for that.
	Memory int64
	// Budget bounds what files take that are opened; nil is that of one file.
	Budget *exporter.Budget
}

// Extension returns ".parquet".
func (Format) Extension() string { return ".parquet" }

// Open reads the footer of a file of size bytes.
func (f Format) Open(r io.ReaderAt, size int64) (exporter.DataFile, error) {
	file, err := open(r, size, f.Budget)
	if err != nil {
		return nil, advise(fmt.Errorf("open parquet: %w", err))
	}
	return file, nil
}

// Create starts a file of the table's records on w. The rows must come in the
// engine's order, newest version first, rows without a version last, then by key:
// the file's metadata says that they are sorted so.
func (f Format) Create(w io.Writer, table *schema.Table, export exporter.Export) (exporter.Sink, error) {
	form, err := formOf(table, export.Parquet)
	if err != nil {
		return nil, err
	}
	return f.create(w, newLayout(table, form), export, writeBuffer)
}

func (f Format) create(w io.Writer, layout *layout, export exporter.Export, buffer int) (*sink, error) {
	workers := cmp.Or(f.Workers, runtime.GOMAXPROCS(0))
	codec, err := codecOf(export.Parquet.Compression, export.Parquet.Level, workers)
	if err != nil {
		return nil, err
	}
	arrowSchema, err := layout.arrowSchema()
	if err != nil {
		return nil, fmt.Errorf("write the arrow schema: %w", err)
	}
	filtered, err := layout.filtered(export.Parquet.Bloom)
	if err != nil {
		return nil, err
	}
	s := &sink{
		fileWriter: fileWriter{
			layout: layout,
			buffer: bufio.NewWriterSize(w, buffer),
			data:   sha256.New(),
			footer: fileMeta{
				Version:          formatVersion,
				Schema:           layout.elements(),
				ColumnOrders:     layout.columnOrders(),
				CreatedBy:        createdBy + cmp.Or(f.Version, "0.0.0") + createdWith,
				KeyValueMetadata: []format.KeyValue{{Key: ArrowSchemaKey, Value: arrowSchema}},
			},
		},
		parallelRows: parallelRows,
		pageRows:     PageRows,
		groupRows:    cmp.Or(export.Parquet.RowGroupSize, RowGroupRows),
		groupBytes:   int(cmp.Or(min(f.Memory/4, RowGroupBytes), RowGroupBytes)),
	}
	s.out = newOutput(s.buffer)
	s.out.unchecked = s.data
	for range workers {
		s.encoders = append(s.encoders, &pageEncoder{codec: codec, pageBytes: PageBytes})
	}
	for i, leaf := range layout.leaves {
		s.columns = append(s.columns, newColumn(leaf, codec.CompressionCodec(), filtered[i]))
	}
	for _, column := range layout.columns {
		s.shredders = append(s.shredders, newShredder(column, s.columns))
	}
	return s, s.out.begin()
}
