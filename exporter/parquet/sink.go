package parquet

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/exporter"
)

// stepRows is how many rows go through all columns before the context and the
// row group's size are looked at again.
const stepRows = 4096

var errFinished = errors.New("the parquet file is finished")

// sink writes one file. Pages are compressed as they fill up, wait for the end
// of their row group, and then go to the writer column by column.
type sink struct {
	layout    *layout
	writer    *parquet.GenericWriter[any]
	shredders []*shredder
	// groupRows and groupBytes end a row group.
	groupRows  int
	groupBytes int64
	// rows and start are those of the row group being written.
	rows  int
	start int64
	// failed is the first error; nothing is written after it.
	failed error
}

func newSink(layout *layout, writer *parquet.GenericWriter[any]) *sink {
	s := &sink{layout: layout, writer: writer, groupRows: RowGroupRows, groupBytes: RowGroupBytes}
	columns := writer.ColumnWriters()
	for position, column := range layout.columns {
		for _, leaf := range column.leaves {
			s.shredders = append(s.shredders, newShredder(column, position, leaf, columns[leaf]))
		}
	}
	return s
}

// Write appends the record's rows.
func (s *sink) Write(ctx context.Context, rec arrow.Record) error {
	if s.failed == nil {
		s.failed = s.write(ctx, rec)
	}
	return s.failed
}

func (s *sink) write(ctx context.Context, rec arrow.Record) error {
	if err := s.accept(rec); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	total := int(rec.NumRows())
	for from := 0; from < total; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("write parquet: %w", err)
		}
		to := min(total, from+stepRows, from+s.groupRows-s.rows, from+PageRows-s.rows%PageRows)
		endsPage := (s.rows+to-from)%PageRows == 0
		for _, shredder := range s.shredders {
			if err := shredder.write(rec, from, to, endsPage); err != nil {
				return fmt.Errorf("write parquet column %q: %w", shredder.leaf().name(), err)
			}
		}
		s.rows += to - from
		from = to
		if s.rows == s.groupRows || s.writer.Size()-s.start >= s.groupBytes {
			if err := s.flush(); err != nil {
				return fmt.Errorf("write parquet row group: %w", err)
			}
		}
	}
	return nil
}

func (s *sink) flush() error {
	if err := s.writer.Flush(); err != nil {
		return err
	}
	s.rows, s.start = 0, s.writer.Size()
	return nil
}

// accept checks that the record is one of the table.
func (s *sink) accept(rec arrow.Record) error {
	want := s.layout.table.Arrow()
	if rec.Schema() == want {
		return nil
	}
	if int(rec.NumCols()) != want.NumFields() {
		return fmt.Errorf("a record with %d columns instead of %d", rec.NumCols(), want.NumFields())
	}
	for i, field := range want.Fields() {
		if got := rec.Schema().Field(i); got.Name != field.Name || !arrow.TypeEqual(got.Type, field.Type) {
			return fmt.Errorf("a record whose column %d is %q of type %s instead of %q of type %s", i+1, got.Name, got.Type, field.Name, field.Type)
		}
	}
	return nil
}

// Finish writes the last row group and the footer.
func (s *sink) Finish(manifest []byte) error {
	if s.failed != nil {
		return s.failed
	}
	s.failed = errFinished
	s.writer.SetKeyValueMetadata(exporter.ManifestKey, string(manifest))
	if err := s.writer.Close(); err != nil {
		s.failed = fmt.Errorf("write parquet footer: %w", err)
		return s.failed
	}
	return nil
}
