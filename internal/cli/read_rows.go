package cli

import (
	"bufio"
	"context"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/plugin/rowjson"
	"github.com/lemexport/lemexport/schema"
)

// The formats of rows on standard output.
const (
	formatArrow     = "arrow"
	formatJSONLines = "jsonl"
)

// rowWriter writes rows in one format.
type rowWriter interface {
	Write(rec arrow.Record) error
	Close() error
	// breakOff ends the output in the middle of a message or row: readers take one that
	// only lacks its end for whole.
	breakOff()
}

// newRowWriter begins the output of a reading whose walk is proven.
func newRowWriter(to io.Writer, format string, reading *engine.Reading) (rowWriter, error) {
	if format == formatJSONLines {
		return &jsonLines{reading.Table(), bufio.NewWriterSize(to, 64<<10), nil}, nil
	}
	schema, err := reading.Schema()
	if err != nil {
		return nil, err
	}
	return arrowStream{ipc.NewWriter(to, ipc.WithSchema(schema)), to}, nil
}

// writeRows writes the rows of a reading and returns their number.
func writeRows(ctx context.Context, to io.Writer, format string, reading *engine.Reading) (rows int64, err error) {
	var out rowWriter
	defer func() {
		if err != nil && out != nil {
			out.breakOff()
		}
	}()
	for batch, err := range reading.Batches(ctx) {
		if err == nil && out == nil {
			out, err = newRowWriter(to, format, reading)
		}
		if err == nil {
			err = out.Write(batch.Record)
		}
		if err != nil {
			return rows, err
		}
		rows += batch.Record.NumRows()
	}
	if out == nil { // an empty table has a schema too
		if out, err = newRowWriter(to, format, reading); err != nil {
			return 0, err
		}
	}
	return rows, out.Close()
}

// arrowStream writes an Arrow IPC stream.
type arrowStream struct {
	*ipc.Writer
	to io.Writer
}

func (s arrowStream) breakOff() {
	_, _ = s.to.Write([]byte{0xff, 0xff, 0xff, 0xff, 8, 0, 0, 0, 0}) // the length of a message, and its first byte
}

// jsonLines writes one JSON object a row, one a line.
type jsonLines struct {
	table *schema.Table
	to    *bufio.Writer
	line  []byte
}

// Write implements rowWriter.
func (j *jsonLines) Write(rec arrow.Record) error {
	rows, err := rowjson.Of(j.table, rec)
	if err != nil {
		return err
	}
	for row := range int(rec.NumRows()) {
		j.line = append(rows.Append(j.line[:0], row), '\n')
		if _, err := j.to.Write(j.line); err != nil {
			return err
		}
	}
	return nil
}

// Close implements rowWriter.
func (j *jsonLines) Close() error { return j.to.Flush() }

func (j *jsonLines) breakOff() {
	_ = j.to.WriteByte('{')
	_ = j.to.Flush()
}
