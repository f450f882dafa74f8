package plugin

import (
	"bytes"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"

	pluginv1 "github.com/lemexport/lemexport/plugin/proto/lemexport/plugin/v1"
)

// maxBatchBytes bounds a batch, so that a host with gRPC's default limit of 4 MiB
// can receive it. A single row may be larger.
const maxBatchBytes = 2 << 20

// endOfStream is the length of the end-of-stream marker (Arrow columnar format,
// "IPC Streaming Format").
const endOfStream = 8

// schemaMessage returns the first message of an Arrow IPC stream of that schema.
func schemaMessage(schema *arrow.Schema) ([]byte, error) {
	var body bytes.Buffer
	if err := ipc.NewWriter(&body, ipc.WithSchema(schema)).Close(); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return body.Bytes()[:body.Len()-endOfStream], nil
}

// encoder makes the batch messages of a stream, which follow its schema message.
type encoder struct {
	writer *ipc.Writer
	body   bytes.Buffer
	// schemaWritten is true when the writer has written its schema, of schemaBytes.
	schemaWritten bool
	schemaBytes   int
}

// newEncoder makes an encoder; head is the schema message of the stream.
func newEncoder(of *arrow.Schema, head []byte) *encoder {
	e := &encoder{schemaBytes: len(head)}
	e.writer = ipc.NewWriter(&e.body, ipc.WithSchema(of))
	return e
}

// encode returns a record as batches of at most maxBatchBytes, where more than one
// row allows that. A batch is valid until the next one.
func (e *encoder) encode(rec arrow.Record) iter.Seq2[*pluginv1.Batch, error] {
	return func(yield func(*pluginv1.Batch, error) bool) { e.encodeTo(rec, yield) }
}

// encodeTo reports whether yield wants more.
func (e *encoder) encodeTo(rec arrow.Record, yield func(*pluginv1.Batch, error) bool) bool {
	e.body.Reset()
	if err := e.writer.Write(rec); err != nil {
		return yield(nil, fmt.Errorf("encode batch: %w", err))
	}
	if !e.schemaWritten {
		e.schemaWritten = true
		e.body.Next(e.schemaBytes)
	}
	rows := rec.NumRows()
	if e.body.Len() <= maxBatchBytes || rows == 1 {
		return yield(&pluginv1.Batch{ArrowIpc: e.body.Bytes(), Rows: rows}, nil)
	}
	for _, part := range [][2]int64{{0, rows / 2}, {rows / 2, rows}} {
		half := rec.NewSlice(part[0], part[1])
		more := e.encodeTo(half, yield)
		half.Release()
		if !more {
			return false
		}
	}
	return true
}
