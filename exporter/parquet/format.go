package parquet

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/parquet-go/parquet-go"

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
	// Parquet writers store it: base64 of an IPC stream with no batches.
	ArrowSchemaKey = "ARROW:schema"

	writeBuffer    = 64 << 10
	idColumn       = "id"
	activityColumn = "last_activity_at"
)

// Format is the Parquet file format: a [exporter.Format].
type Format struct {
	// Version is lemexport's version, for the footer's created_by.
	Version string
}

// Extension returns ".parquet".
func (Format) Extension() string { return ".parquet" }

// Create starts a file of the table's records on w. The rows must come in the
// engine's order, newest activity first, rows without activity last, then by id:
// the file's metadata says that they are sorted so.
func (f Format) Create(w io.Writer, table *schema.Table, export exporter.Export) (exporter.Sink, error) {
	return f.create(w, table, export, writeBuffer)
}

func (f Format) create(w io.Writer, table *schema.Table, export exporter.Export, buffer int) (*sink, error) {
	codec, err := codecOf(export.Parquet.Compression, export.Parquet.Level)
	if err != nil {
		return nil, err
	}
	arrowSchema, err := encodeSchema(table.Arrow())
	if err != nil {
		return nil, fmt.Errorf("write the arrow schema: %w", err)
	}
	layout := newLayout(table)
	options := []parquet.WriterOption{
		layout.schema(),
		&parquet.WriterConfig{CreatedBy: "lemexport version " + cmp.Or(f.Version, "0.0.0") + " (build parquet-go)"},
		parquet.Compression(codec),
		parquet.PageBufferSize(PageBytes),
		parquet.WriteBufferSize(buffer),
		parquet.DataPageStatistics(false), // the column index has the same, and bounds would be computed twice
		parquet.KeyValueMetadata(ArrowSchemaKey, arrowSchema),
	}
	for _, leaf := range layout.leaves {
		if !leaf.storage.bounds {
			options = append(options, parquet.SkipPageBounds(leaf.path...))
		}
	}
	filters, err := layout.bloomFilters(export.Parquet.Bloom)
	if err != nil {
		return nil, err
	}
	// Never with DictionaryMaxBytes: the values after the fallback would miss in the filter.
	options = append(options, parquet.BloomFilters(filters...), parquet.SortingWriterConfig(parquet.SortingColumns(sorting(table)...)))
	created := newSink(layout, parquet.NewGenericWriter[any](w, options...))
	created.groupRows = cmp.Or(export.Parquet.RowGroupSize, RowGroupRows)
	return created, nil
}

// bloomFilters are the filters of the columns of those names, nil meaning `id`.
func (l *layout) bloomFilters(names []string) ([]parquet.BloomFilterColumn, error) {
	if names == nil {
		names = []string{}
		if _, _, ok := l.table.Column(idColumn); ok {
			names = append(names, idColumn)
		}
	}
	var filters []parquet.BloomFilterColumn
	for _, name := range names {
		at := slices.IndexFunc(l.leaves, func(b *branch) bool {
			return strings.ReplaceAll(b.name(), ".element", "") == name && b.column.Type == schema.String
		})
		if at < 0 {
			return nil, fmt.Errorf("no text column %q for a bloom filter", name)
		}
		filters = append(filters, parquet.SplitBlockFilter(BloomBits, l.leaves[at].path...))
	}
	return filters, nil
}

// sorting is the engine's order of rows, for the columns that the table has.
func sorting(table *schema.Table) []parquet.SortingColumn {
	var order []parquet.SortingColumn
	if _, _, ok := table.Column(activityColumn); ok {
		order = append(order, parquet.Descending(activityColumn))
	}
	if _, _, ok := table.Column(idColumn); ok {
		order = append(order, parquet.Ascending(idColumn))
	}
	return order
}

func encodeSchema(s *arrow.Schema) (string, error) {
	var stream bytes.Buffer
	if err := ipc.NewWriter(&stream, ipc.WithSchema(s)).Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(stream.Bytes()), nil
}
