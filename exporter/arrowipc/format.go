package arrowipc

import (
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// RowsKey is the key of the number of rows in the metadata of the footer's
// schema: an Arrow file does not state it.
const RowsKey = "lemexport:rows"

// magic begins and ends an Arrow file.
const magic = "ARROW1"

// Format is the Arrow IPC file format: an [exporter.Format].
type Format struct {
	// Budget bounds what files take that are opened; nil is that of one file.
	Budget *exporter.Budget
}

// Extension returns ".arrow".
func (Format) Extension() string { return ".arrow" }

// Open reads the footer of a file of size bytes. Batches are read when Records
// comes to them.
func (f Format) Open(r io.ReaderAt, size int64) (exporter.DataFile, error) {
	file, err := open(r, size, f.Budget)
	if err != nil {
		return nil, advise(fmt.Errorf("open arrow: %w", err))
	}
	return file, nil
}

// Create starts a file of the table's records on w.
func (Format) Create(w io.Writer, table *schema.Table, export exporter.Export) (exporter.Sink, error) {
	options, err := codecOf(export.Arrow.Compression)
	if err != nil {
		return nil, err
	}
	return newSink(w, table, options)
}

// codecOf returns the options for a compression's name; the empty name is zstd.
func codecOf(name string) ([]ipc.Option, error) {
	switch name {
	case "", "zstd":
		return []ipc.Option{ipc.WithZstd()}, nil
	case "lz4":
		return []ipc.Option{ipc.WithLZ4()}, nil
	case "none":
		return nil, nil
	}
	return nil, exporter.WithHint(fmt.Errorf("unknown arrow compression %q", name), `Set compression to "zstd", "lz4" or "none".`)
}
