package cloudquery

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// maxBatchBytes bounds a message with rows: some hosts and destinations accept no more
// than 4 MiB, and add columns. A single row may be larger.
const maxBatchBytes = 2 << 20

// encode returns an Arrow IPC stream of these batches.
func encode(of *arrow.Schema, records ...arrow.Record) ([]byte, error) {
	var stream bytes.Buffer
	writer := ipc.NewWriter(&stream, ipc.WithSchema(of))
	for _, rec := range records {
		if err := writer.Write(rec); err != nil {
			return nil, fmt.Errorf("encode batch: %w", err)
		}
	}
	if err := writer.Close(); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return stream.Bytes(), nil
}

// streams returns the rows of a record as streams of one batch each, because hosts read
// the first batch of a stream only.
func streams(rec arrow.Record) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { split(rec, yield) }
}

// split reports whether yield wants more.
func split(rec arrow.Record, yield func([]byte, error) bool) bool {
	stream, err := encode(rec.Schema(), rec)
	rows := rec.NumRows()
	if err != nil || len(stream) <= maxBatchBytes || rows == 1 {
		return yield(stream, err) && err == nil
	}
	for _, part := range [][2]int64{{0, rows / 2}, {rows / 2, rows}} {
		half := rec.NewSlice(part[0], part[1])
		more := split(half, yield)
		half.Release()
		if !more {
			return false
		}
	}
	return true
}
