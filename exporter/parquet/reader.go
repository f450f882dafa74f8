package parquet

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/dustin/go-humanize"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// reader turns row groups into records: the inverse of sink.
type reader struct {
	layout        *layout
	from          *pageDecoder
	columnReaders []*columnReader
	assemblers    []*assembler
	// left is the number of rows of the row group not read yet.
	left int64
	// most bounds the bytes that wait in all columns together.
	most int64
}

func newReader(from io.ReaderAt, layout *layout, budget *exporter.Budget) (*reader, error) {
	pageDecoder, err := newPageDecoder(from, budget)
	if err != nil {
		return nil, err
	}
	r := &reader{layout: layout, from: pageDecoder, most: budget.Waiting()}
	for _, leaf := range layout.leaves {
		r.columnReaders = append(r.columnReaders, newColumnReader(leaf, pageDecoder))
	}
	for i, column := range layout.columns {
		r.assemblers = append(r.assemblers, newAssembler(column, layout.table.Arrow().Field(i).Type, r.columnReaders))
	}
	return r, nil
}

func (r *reader) close() { r.from.close() }

// lend leaves texts and times of records in the memory that they were decoded to, so that
// a record is good until the next one only.
func (r *reader) lend() {
	for _, columnReader := range r.columnReaders {
		switch buffer := columnReader.buffer.(type) {
		case *textBuffer:
			buffer.lends = true
		case *timeBuffer:
			buffer.lends = true
		}
	}
}

// start goes to a row group.
func (r *reader) start(group *format.RowGroup) (err error) {
	defer catch(&err)
	if len(group.Columns) != len(r.columnReaders) {
		return fmt.Errorf("%w: %d column chunks instead of %d", errDamaged, len(group.Columns), len(r.columnReaders))
	}
	if group.NumRows < 0 {
		return fmt.Errorf("%w: %d rows", errDamaged, group.NumRows)
	}
	for i, columnReader := range r.columnReaders {
		if err := columnReader.start(&group.Columns[i].MetaData, group.NumRows); err != nil {
			return err
		}
	}
	r.left = group.NumRows
	return nil
}

// next returns the next rows of the row group, nil at its end. The caller
// releases the record.
func (r *reader) next(ctx context.Context) (rec arrow.Record, err error) {
	defer catch(&err)
	if r.left == 0 {
		return nil, r.ended()
	}
	rows, err := r.bufferRows(ctx)
	if err != nil {
		return nil, err
	}
	for _, columnReader := range r.columnReaders {
		columnReader.take(rows)
	}
	r.left -= int64(rows)
	return r.record(rows)
}

// bufferRows reads pages until all columns have the rows of a record, and returns
// their number. The column with the fewest rows always reads next, so that none is far
// ahead of the others.
func (r *reader) bufferRows(ctx context.Context) (rows int, err error) {
	want := int(min(batchRows, r.left))
	for {
		behind := r.columnReaders[0]
		for _, columnReader := range r.columnReaders {
			if columnReader.rows < behind.rows {
				behind = columnReader
			}
		}
		if behind.rows >= want || behind.rows > 0 && r.size(behind.rows) >= batchBytes {
			return min(want, behind.rows), nil
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		more, err := behind.nextPage()
		if err == nil && !more {
			err = behind.wrap(fmt.Errorf("%w: it has fewer values than rows", errDamaged))
		}
		if err == nil {
			err = r.fits()
		}
		if err != nil {
			return 0, err
		}
	}
}

// fits refuses rows of which more waits than the budget has for them.
func (r *reader) fits() error {
	var held int64
	for _, columnReader := range r.columnReaders {
		held += int64(columnReader.size() + columnReader.buffer.overhead() + len(columnReader.pages.headers))
	}
	if held > r.most {
		return exporter.TooLarge("the buffered pages of its columns take more than %s", humanize.IBytes(uint64(r.most)))
	}
	return nil
}

// size is about how large the next rows are. Pages are small enough to take all
// rows of one for alike.
func (r *reader) size(rows int) (size int64) {
	for _, columnReader := range r.columnReaders {
		size += int64(columnReader.size()) * int64(rows) / int64(columnReader.rows)
	}
	return size
}

// ended checks that no column has values left.
func (r *reader) ended() error {
	for _, columnReader := range r.columnReaders {
		more, err := columnReader.nextPage()
		if err != nil {
			return err
		}
		if more || columnReader.rows > 0 {
			return columnReader.wrap(fmt.Errorf("%w: it has more values than rows", errDamaged))
		}
	}
	return nil
}

// record builds the record of the rows that the columns took, from memory that no
// other has and the collector frees, unless texts are lent: a record can be kept.
func (r *reader) record(rows int) (arrow.Record, error) {
	columns := make([]arrow.Array, len(r.assemblers))
	for i, assembler := range r.assemblers {
		data, err := assembler.data()
		if err != nil {
			return nil, err
		}
		if data.Len() != rows {
			return nil, fmt.Errorf("%w: the columns of %q have %d rows instead of %d", errDamaged, assembler.name(), data.Len(), rows)
		}
		columns[i] = array.MakeFromData(data)
	}
	return array.NewRecord(r.layout.table.Arrow(), columns, int64(rows)), nil
}
