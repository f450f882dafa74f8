package plugin

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// mostBatchBytes bounds a batch message, so that a host with gRPC's default
// limit of 4 MiB can take it. A single row may be larger.
const mostBatchBytes = 2 << 20

// endOfStream is the length of the marker that ends an IPC stream (Arrow
// columnar format, "IPC Streaming Format").
const endOfStream = 8

// schemaMessage is the message that an IPC stream of that schema begins with.
func schemaMessage(schema *arrow.Schema) ([]byte, error) {
	var body bytes.Buffer
	if err := ipc.NewWriter(&body, ipc.WithSchema(schema)).Close(); err != nil {
		return nil, fmt.Errorf("encode schema: %w", err)
	}
	return body.Bytes()[:body.Len()-endOfStream], nil
}

// encoder makes the messages behind the first one.
type encoder struct {
	writer *ipc.Writer
	body   bytes.Buffer
	// begun says that the writer has written its schema.
	begun  bool
	schema int
}

// newEncoder makes an encoder; schema is the stream's first message.
func newEncoder(of *arrow.Schema, schema []byte) *encoder {
	e := &encoder{schema: len(schema)}
	e.writer = ipc.NewWriter(&e.body, ipc.WithSchema(of))
	return e
}

// encode yields a record as messages of at most mostBatchBytes, each with the
// number of its rows. The bytes are yield's until it returns.
func (e *encoder) encode(rec arrow.Record, yield func(message []byte, rows int64) error) error {
	e.body.Reset()
	if err := e.writer.Write(rec); err != nil {
		return fmt.Errorf("encode batch: %w", err)
	}
	if !e.begun {
		e.begun = true
		e.body.Next(e.schema)
	}
	rows := rec.NumRows()
	if e.body.Len() <= mostBatchBytes || rows == 1 {
		return yield(e.body.Bytes(), rows)
	}
	for _, part := range [][2]int64{{0, rows / 2}, {rows / 2, rows}} {
		half := rec.NewSlice(part[0], part[1])
		err := e.encode(half, yield)
		half.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// readSchema reads what schemaMessage wrote.
func readSchema(message []byte) (*arrow.Schema, error) {
	reader, err := ipc.NewReader(bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("decode schema: %w", err)
	}
	defer reader.Release()
	return reader.Schema(), nil
}
