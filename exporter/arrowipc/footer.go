package arrowipc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/lemexport/lemexport/exporter"
)

// errDamaged is wrapped by the errors of files that contradict themselves.
var errDamaged = errors.New("the arrow file is damaged")

// frame is what an Arrow file has around its batches and its footer: the magic
// with padding, and the footer's length with the magic.
const (
	head = 8
	tail = 4 + len(magic)
)

// readFooter reads the footer and what follows it, and returns where it begins. It
// looks at the magic bytes before anything of a length that they state is allocated.
func readFooter(r io.ReaderAt, size int64, held *exporter.Footer) (read []byte, begin int64, err error) {
	const cutOff = "The file is truncated or not an Arrow file."
	if size < head+int64(tail) {
		return nil, 0, exporter.WithHint(fmt.Errorf("%d bytes are too short for an arrow file", size), cutOff)
	}
	var last [tail]byte
	if n, err := r.ReadAt(last[:], size-int64(tail)); n < tail {
		return nil, 0, fmt.Errorf("read the end of the file: %w", err)
	}
	if string(last[4:]) != magic {
		return nil, 0, exporter.WithHint(errors.New("the file does not end with the arrow magic bytes"), cutOff)
	}
	length := int64(binary.LittleEndian.Uint32(last[:4]))
	if length < 4 || length > size-head-int64(tail) {
		return nil, 0, fmt.Errorf("%w: a footer of %d bytes in a file of %d", errDamaged, length, size)
	}
	if err := held.Take(3 * length); err != nil { // the library reads it again, and what it says of batches is kept
		return nil, 0, err
	}
	begin = size - int64(tail) - length
	read = make([]byte, length+int64(tail))
	if n, err := r.ReadAt(read, begin); n < len(read) {
		return nil, 0, fmt.Errorf("read the footer: %w", err)
	}
	return read, begin, nil
}

// The slots of the tables of a footer that hold vectors of tables, and the one
// that holds the schema (Arrow format: File.fbs, Schema.fbs).
const (
	footerSchema     = 1
	footerDicts      = 2
	footerBatches    = 3
	footerMetadata   = 4
	schemaFields     = 1
	schemaMetadata   = 2
	schemaFeatures   = 3
	pairKey          = 0
	pairValue        = 1
	fieldName        = 0
	fieldKind        = 2
	fieldType        = 3
	fieldChildren    = 5
	fieldMetadata    = 6
	fieldDepth       = 64
	blockSize        = 24
	featureSize      = 8
	tableOffsetSize  = 4
	firstSlot        = 4 // of a vtable, behind its own size and the table's
	slotSize         = 2
	vtableOffsetSize = 4

	kindTimestamp = 10
	kindUnion     = 14
	timezone      = 1 // of a timestamp
	typeIDs       = 1 // of a union
)

// What the library takes, at most, for a field, a pair of metadata and a feature,
// beside the bytes of their texts.
const (
	fieldBytes   = 1024
	pairBytes    = 128
	featureBytes = 64
)

// checkFooter reads a footer, which is a flatbuffer, as the library will, and charges
// what that allocates before it does. The library believes the lengths of vectors, and
// many places of a flatbuffer may point to one text, of which each gets a copy: here
// nothing may be longer than the bytes that are left, and each visit counts. All else
// panics, and is caught.
func checkFooter(footer []byte, held *exporter.Footer) (err error) {
	defer catch(&err)
	w := flatbuffer{data: footer, left: int(held.Left())}
	root := w.u32(0)
	if _, dictionaries := w.vector(root, footerDicts, blockSize); dictionaries > 0 {
		return errors.New("the file has dictionaries; an export has none") // the library would read them all
	}
	w.vector(root, footerBatches, blockSize)
	w.pairs(root, footerMetadata)
	schema, ok := w.slot(root, footerSchema)
	if !ok {
		return fmt.Errorf("%w: its footer has no schema", errDamaged)
	}
	schema += w.u32(schema)
	w.pairs(schema, schemaMetadata)
	_, features := w.vector(schema, schemaFeatures, featureSize)
	w.charge(features, featureBytes)
	w.fields(schema, schemaFields, fieldDepth)
	return held.Take(held.Left() - int64(w.left))
}

// catch turns a panic, ours or that of the Arrow library, which trusts what it
// reads, into an error.
func catch(err *error) {
	reason := recover()
	if known, ok := reason.(error); ok && errors.Is(known, exporter.ErrTooLarge) {
		*err = known
	} else if reason != nil {
		*err = fmt.Errorf("%w: %v", errDamaged, reason)
	}
}

// blocks returns the places of the record batches, checked to lie inside the
// file, before its footer, one behind the other.
func blocks(footer []byte, end int64) (places []block, err error) {
	defer catch(&err)
	w := flatbuffer{data: footer}
	first, count := w.vector(w.u32(0), footerBatches, blockSize)
	places = make([]block, count)
	last := int64(head)
	for i := range places {
		raw := footer[first+i*blockSize:]
		one := block{
			offset: int64(binary.LittleEndian.Uint64(raw)),
			meta:   int64(int32(binary.LittleEndian.Uint32(raw[8:]))),
			body:   int64(binary.LittleEndian.Uint64(raw[16:])),
		}
		if one.offset < last || one.meta < 8 || one.body < 0 || one.meta > end || one.body > end || one.offset > end-one.meta-one.body {
			return nil, fmt.Errorf("%w: record batch %d at %d with %d and %d bytes in a file of %d", errDamaged, i+1, one.offset, one.meta, one.body, end)
		}
		last = one.offset + one.meta + one.body
		places[i] = one
	}
	return places, nil
}

// block is the place of a record batch: its metadata, then its body.
type block struct{ offset, meta, body int64 }
