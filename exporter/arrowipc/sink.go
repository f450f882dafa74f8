package arrowipc

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

const (
	// batchRows is the most rows of a record batch, so that a reader that goes
	// through the file needs little memory.
	batchRows   = 4096
	writeBuffer = 64 << 10
)

var errFinished = errors.New("the arrow file is finished")

// sink writes one file, one record batch after the other.
type sink struct {
	table *schema.Table
	// schema is the writer's own: it is written at the start and once more, with
	// the manifest that it has got by then, in the footer.
	schema *arrow.Schema
	out    *bufio.Writer
	summed *checksumWriter
	writer *ipc.FileWriter
	rows   int64
	// failed is the first error; nothing is written after it.
	failed error
}

func newSink(w io.Writer, table *schema.Table, options []ipc.Option) (*sink, error) {
	s := &sink{table: table, schema: withMetadata(table.Arrow()), out: bufio.NewWriterSize(w, writeBuffer)}
	s.summed = &checksumWriter{to: s.out}
	writer, err := ipc.NewFileWriter(s.summed, append(options, ipc.WithSchema(s.schema))...)
	if err != nil {
		return nil, fmt.Errorf("write arrow: %w", err)
	}
	s.writer = writer
	return s, nil
}

// withMetadata copies a schema and adds keys and values to its metadata.
func withMetadata(of *arrow.Schema, more ...string) *arrow.Schema {
	keys := append([]string(nil), of.Metadata().Keys()...)
	values := append([]string(nil), of.Metadata().Values()...)
	for i := 0; i+1 < len(more); i += 2 {
		keys, values = append(keys, more[i]), append(values, more[i+1])
	}
	metadata := arrow.NewMetadata(keys, values)
	return arrow.NewSchema(of.Fields(), &metadata)
}

// Write appends the record's rows.
func (s *sink) Write(ctx context.Context, rec arrow.Record) error {
	if s.failed == nil {
		s.failed = s.write(ctx, rec)
	}
	return s.failed
}

func (s *sink) write(ctx context.Context, rec arrow.Record) error {
	for from := int64(0); from < rec.NumRows(); from += batchRows {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("write arrow: %w", err)
		}
		batch := rec.NewSlice(from, min(from+batchRows, rec.NumRows()))
		err := s.check(batch)
		if err == nil {
			err = s.writer.Write(batch)
		}
		s.rows += batch.NumRows()
		batch.Release()
		if err != nil {
			return fmt.Errorf("write arrow: %w", err)
		}
	}
	return nil
}

// check refuses nulls where the table has none: the writer does not look.
func (s *sink) check(rec arrow.Record) error {
	if int(rec.NumCols()) != len(s.table.Columns) {
		return fmt.Errorf("a record with %d columns instead of %d", rec.NumCols(), len(s.table.Columns))
	}
	for i, column := range s.table.Columns {
		if column.Required && rec.Column(i).NullN() > 0 {
			return fmt.Errorf("null in the required column %q", column.Name)
		}
	}
	return nil
}

// Finish writes the footer.
func (s *sink) Finish(manifest []byte) error {
	if s.failed != nil {
		return s.failed
	}
	s.failed = errFinished
	if err := errors.Join(s.writeFooter(manifest), s.out.Flush()); err != nil {
		s.failed = fmt.Errorf("write arrow footer: %w", err)
		return s.failed
	}
	return nil
}

// writeFooter completes the schema of the footer and writes it, with its checksum.
// The checksums stand before the manifest: a file that has lost the end of its
// metadata is not an export, rather than one without checksums.
func (s *sink) writeFooter(manifest []byte) error {
	if err := s.begin(); err != nil {
		return err
	}
	if _, err := io.WriteString(s.summed, endOfStream); err != nil {
		return err
	}
	// The writer keeps the schema that it was given for the footer.
	*s.schema = *withMetadata(s.schema,
		DataSumKey, fmt.Sprintf("%08x", s.summed.sum),
		exporter.FooterHashKey, noDigits(),
		RowsKey, strconv.FormatInt(s.rows, 10),
		exporter.ManifestKey, string(manifest))
	var end bytes.Buffer
	s.summed.to = &end
	if err := s.writer.Close(); err != nil {
		return err
	}
	digits, err := footerDigits(end.Bytes())
	if err != nil {
		return err
	}
	sum := sha256.Sum256(end.Bytes())
	hex.Encode(digits, sum[:])
	_, err = s.out.Write(end.Bytes())
	return err
}

// begin has the writer write the schema, if no batch made it do so: a batch without rows does.
func (s *sink) begin() error {
	if s.summed.at > 0 {
		return nil
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, s.schema)
	defer builder.Release()
	empty := builder.NewRecord()
	defer empty.Release()
	return s.writer.Write(empty)
}
