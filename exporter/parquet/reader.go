package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
)

// reader turns row groups into records.
type reader struct {
	layout  *layout
	cursors []*cursor
	columns []*assembler
	builder *array.RecordBuilder
	// left is the number of rows of the row group not read yet.
	left  int64
	bytes int
}

func newReader(layout *layout) *reader {
	r := &reader{layout: layout, builder: array.NewRecordBuilder(memory.DefaultAllocator, layout.table.Arrow())}
	for _, leaf := range layout.leaves {
		r.cursors = append(r.cursors, &cursor{leaf: leaf})
	}
	for i, column := range layout.columns {
		r.columns = append(r.columns, newAssembler(column, r.cursors, r.builder.Field(i), &r.bytes))
	}
	return r
}

func (r *reader) close() {
	for _, cursor := range r.cursors {
		cursor.close()
	}
	r.builder.Release()
}

// start goes to a row group.
func (r *reader) start(group parquet.RowGroup) (err error) {
	defer catch(&err)
	for i, chunk := range group.ColumnChunks() {
		r.cursors[i].start(chunk)
	}
	r.left = group.NumRows()
	return nil
}

// next returns the next rows of the row group, nil at its end. The caller
// releases the record.
func (r *reader) next() (rec arrow.Record, err error) {
	defer catch(&err)
	if r.left == 0 {
		return nil, r.ended()
	}
	r.bytes = 0
	r.builder.Reserve(int(min(batchRows, r.left)))
	for rows := 0; rows < batchRows && r.bytes < batchBytes && r.left > 0; rows++ {
		for _, column := range r.columns {
			if err := column.read(0, 0); err != nil {
				return nil, err
			}
		}
		r.left--
	}
	return r.builder.NewRecord(), nil
}

// ended checks that no column has values left.
func (r *reader) ended() error {
	for _, cursor := range r.cursors {
		switch _, err := cursor.peek(); {
		case err == nil:
			return fmt.Errorf("%w: column %q has more values than rows", errDamaged, cursor.leaf.name())
		case !errors.Is(err, io.EOF):
			return fmt.Errorf("column %q: %w", cursor.leaf.name(), err)
		}
	}
	return nil
}
