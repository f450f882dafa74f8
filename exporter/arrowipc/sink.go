package arrowipc

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

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
	place  *position
	writer *ipc.FileWriter
	rows   int64
	// failed is the first error; nothing is written after it.
	failed error
}

func newSink(w io.Writer, table *schema.Table, options []ipc.Option) (*sink, error) {
	s := &sink{table: table, schema: withMetadata(table.Arrow()), out: bufio.NewWriterSize(w, writeBuffer)}
	s.place = &position{to: s.out}
	writer, err := ipc.NewFileWriter(s.place, append(options, ipc.WithSchema(s.schema))...)
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

// position is a writer that knows where it is: the file writer asks by seeking.
type position struct {
	to io.Writer
	at int64
	// sum is the checksum of what was written.
	sum uint32
}

// Write writes on.
func (p *position) Write(b []byte) (int, error) {
	n, err := p.to.Write(b)
	p.at += int64(n)
	p.sum = crc32.Update(p.sum, crc32.IEEETable, b[:n])
	return n, err
}

// Seek tells the position; it goes nowhere.
func (p *position) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekCurrent {
		return 0, errors.New("an arrow file is written from its start to its end")
	}
	return p.at, nil
}
