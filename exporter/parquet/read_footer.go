package parquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
)

// footerFrame is what follows the footer: its length and the magic bytes.
const footerFrame = 4 + len(magic)

// readTail reads the footer and what follows it. It looks at the magic bytes and at
// the footer's length before it allocates anything, and charges what it reads.
func readTail(r io.ReaderAt, size int64, held *exporter.Footer) ([]byte, error) {
	const frame = int64(len(magic) + footerFrame)
	if size < frame {
		return nil, exporter.WithHint(fmt.Errorf("%d bytes are too short for a parquet file", size), "The file is truncated or not a Parquet file.")
	}
	var first [len(magic)]byte
	if n, err := r.ReadAt(first[:], 0); n < len(first) {
		return nil, fmt.Errorf("read the start of the file: %w", err)
	}
	if string(first[:]) != magic {
		return nil, exporter.WithHint(errors.New("the file does not start with the parquet magic bytes"), "The file is not a Parquet file, or it is encrypted.")
	}
	var tail [footerFrame]byte
	if n, err := r.ReadAt(tail[:], size-int64(len(tail))); n < len(tail) {
		return nil, fmt.Errorf("read the end of the file: %w", err)
	}
	if string(tail[4:]) != magic {
		return nil, exporter.WithHint(errors.New("the file does not end with the parquet magic bytes"), "The file is truncated or not a Parquet file.")
	}
	footer := int64(binary.LittleEndian.Uint32(tail[:4]))
	if footer > size-frame {
		return nil, fmt.Errorf("%w: a footer of %d bytes in a file of %d", errDamaged, footer, size)
	}
	if err := held.Take(2 * footer); err != nil { // the decoder makes a copy, and its strings stay there
		return nil, err
	}
	body := make([]byte, footer+int64(len(tail)))
	if n, err := r.ReadAt(body, size-int64(len(body))); n < len(body) {
		return nil, fmt.Errorf("read the footer: %w", err)
	}
	return body, nil
}

// decodeFooter decodes a footer, which it has weighed and charged before.
func decodeFooter(footer []byte, held *exporter.Footer) (*format.FileMetaData, error) {
	_, weight, err := weighThrift(footer, reflect.TypeFor[format.FileMetaData](), held.Left())
	if err == nil {
		err = held.Take(weight)
	}
	if err != nil {
		return nil, err
	}
	meta := new(format.FileMetaData)
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), footer, meta); err != nil {
		return nil, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return meta, nil
}

const (
	// maxElements and maxDepth are more than the schema of any table has.
	maxElements = 4096
	maxDepth    = 32
)

// openSchema opens a file without rows that has this schema. The library recurses
// through a schema and trusts its counts, so they are checked first.
func openSchema(elements []format.SchemaElement) (*parquet.File, error) {
	if len(elements) > maxElements {
		return nil, fmt.Errorf("a schema of %d elements; the limit is %d", len(elements), maxElements)
	}
	rest, err := skipElement(elements, maxDepth)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: its schema has %d elements too many", errDamaged, len(rest))
	}
	if err != nil {
		return nil, err
	}
	orders := make([]format.ColumnOrder, 0, len(elements))
	for _, element := range elements {
		if element.NumChildren.V == 0 {
			orders = append(orders, format.ColumnOrder{Value: &format.TypeDefinedOrder{}})
		}
	}
	var file bytes.Buffer
	out := newOutput(&file)
	if err := errors.Join(out.begin(), out.end(&fileMeta{Schema: elements, ColumnOrders: orders})); err != nil {
		return nil, err
	}
	return parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
}

// skipElement returns the elements behind the first one and those below it.
func skipElement(elements []format.SchemaElement, depth int) ([]format.SchemaElement, error) {
	if len(elements) == 0 {
		return nil, fmt.Errorf("%w: its schema is truncated", errDamaged)
	}
	children := int(elements[0].NumChildren.V)
	if elements = elements[1:]; children < 0 || children > len(elements) {
		return nil, fmt.Errorf("%w: its schema states %d columns where %d follow", errDamaged, children, len(elements))
	}
	if depth == 0 {
		return nil, fmt.Errorf("a schema of more than %d levels", maxDepth)
	}
	var err error
	for range children {
		if elements, err = skipElement(elements, depth-1); err != nil {
			return nil, err
		}
	}
	return elements, nil
}
