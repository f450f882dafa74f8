package parquet

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/ipc"
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
		layout:     layout,
		buffer:     bufio.NewWriterSize(w, buffer),
		crewRows:   crewRows,
		pageRows:   PageRows,
		groupRows:  cmp.Or(export.Parquet.RowGroupSize, RowGroupRows),
		groupBytes: int(cmp.Or(min(f.Memory/4, RowGroupBytes), RowGroupBytes)),
		footer: fileMeta{
			Version:          formatVersion,
			Schema:           layout.elements(),
			ColumnOrders:     layout.columnOrders(),
			CreatedBy:        createdBy + cmp.Or(f.Version, "0.0.0") + createdWith,
			KeyValueMetadata: []format.KeyValue{{Key: ArrowSchemaKey, Value: arrowSchema}},
		},
	}
	s.out, s.data = newOutput(s.buffer), sha256.New()
	s.out.loose = s.data
	for range workers {
		s.packers = append(s.packers, &packer{codec: codec, pageBytes: PageBytes})
	}
	for i, leaf := range layout.leaves {
		s.columns = append(s.columns, newColumn(leaf, codec.CompressionCodec(), filtered[i]))
	}
	for _, column := range layout.columns {
		s.shredders = append(s.shredders, newShredder(column, s.columns))
	}
	return s, s.out.begin()
}

// filtered says which leaves have a Bloom filter: those of the names,
// and the key of the table without names.
func (l *layout) filtered(names []string) ([]bool, error) {
	filtered := make([]bool, len(l.leaves))
	if names == nil {
		if at := l.leaf(schema.RoleKey); at >= 0 {
			filtered[at] = true
		}
	}
	for _, name := range names {
		at := slices.IndexFunc(l.leaves, func(b *branch) bool {
			return strings.ReplaceAll(b.name(), ".element", "") == name && b.column.Type == schema.String
		})
		if at < 0 {
			return nil, fmt.Errorf("no text column %q for a bloom filter", name)
		}
		filtered[at] = true
	}
	return filtered, nil
}

// sorting is the engine's order of rows, for the columns that the table has.
func (l *layout) sorting() []format.SortingColumn {
	var order []format.SortingColumn
	if at := l.leaf(schema.RoleVersion); at >= 0 {
		order = append(order, format.SortingColumn{ColumnIdx: int32(at), Descending: true})
	}
	if at := l.leaf(schema.RoleKey); at >= 0 {
		order = append(order, format.SortingColumn{ColumnIdx: int32(at)})
	}
	return order
}

// leaf is the leaf of the table's column with that role, -1 for none.
func (l *layout) leaf(role schema.Role) int {
	return slices.IndexFunc(l.leaves, func(b *branch) bool { return b.column.Role == role })
}

// arrowSchema is the table's Arrow schema as the footer holds it.
func (l *layout) arrowSchema() (string, error) {
	s := l.table.ArrowBrief()
	if l.form.earlier {
		s = l.table.Arrow()
	}
	var stream bytes.Buffer
	if err := ipc.NewWriter(&stream, ipc.WithSchema(s)).Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(stream.Bytes()), nil
}
