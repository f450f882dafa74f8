package decode

import (
	"bytes"
	"encoding/binary"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// arena is the memory of all buffers of a record: allocated once, and freed with the
// last buffer.
type arena struct {
	whole *memory.Buffer
	used  int
}

// align rounds up to the alignment that Arrow recommends for buffers.
func align(size int) int { return (size + 63) &^ 63 }

func (a *arena) part(size int) *memory.Buffer {
	part := memory.SliceBuffer(a.whole, a.used, size)
	a.used += align(size)
	return part
}

// recordOf copies the rows into a record, so that the columns can be reused.
func recordOf(rows *column, as *arrow.Schema, mem memory.Allocator) arrow.Record {
	a := &arena{whole: memory.NewResizableBuffer(mem)}
	defer a.whole.Release()
	a.whole.Resize(sizeOf(rows))
	columns := make([]arrow.Array, len(rows.fields))
	for i, f := range rows.fields {
		data := a.data(f)
		columns[i] = array.MakeFromData(data)
		data.Release()
	}
	rec := array.NewRecord(as, columns, int64(rows.len()))
	for _, column := range columns {
		column.Release()
	}
	return rec
}

// sizeOf is the most memory that the data of a column takes in an arena.
func sizeOf(c *column) int {
	size := 2*align((c.len()+7)/8) + align(4*(len(c.starts)+1)) + align(8*len(c.micros)) + align(len(c.text))
	for _, f := range c.fields {
		size += sizeOf(f)
	}
	if c.elem != nil {
		size += sizeOf(c.elem)
	}
	return size
}

func (a *arena) data(c *column) *array.Data {
	buffers, nulls := make([]*memory.Buffer, 1, 3), bytes.Count(c.valid, []byte{0})
	if nulls > 0 {
		buffers[0] = a.bitmap(c.valid)
	}
	var children []arrow.ArrayData
	switch c.Type {
	case schema.String, schema.JSON:
		text := a.part(len(c.text))
		copy(text.Bytes(), c.text)
		buffers = append(buffers, a.offsets(c.starts, len(c.text)), text)
	case schema.Bool:
		buffers = append(buffers, a.bitmap(c.bools))
	case schema.Timestamp:
		micros := a.part(8 * len(c.micros))
		copy(micros.Bytes(), arrow.Int64Traits.CastToBytes(c.micros))
		buffers = append(buffers, micros)
	case schema.List:
		buffers = append(buffers, a.offsets(c.starts, c.elem.len()))
		children = []arrow.ArrayData{a.data(c.elem)}
	case schema.Struct:
		for _, f := range c.fields {
			children = append(children, a.data(f))
		}
	}
	data := array.NewData(c.dataType, c.len(), buffers, children, nulls, 0)
	for _, buffer := range buffers {
		if buffer != nil {
			buffer.Release()
		}
	}
	for _, child := range children {
		child.Release()
	}
	return data
}

func (a *arena) offsets(starts []int32, end int) *memory.Buffer {
	offsets := a.part(4 * (len(starts) + 1))
	n := copy(offsets.Bytes(), arrow.Int32Traits.CastToBytes(starts))
	binary.NativeEndian.PutUint32(offsets.Bytes()[n:], uint32(end))
	return offsets
}

// bitmap packs bytes of 0 or 1 into bits, the first into the lowest.
func (a *arena) bitmap(bools []byte) *memory.Buffer {
	bitmap := a.part((len(bools) + 7) / 8)
	packed := bitmap.Bytes()
	for i := range packed {
		var eight [8]byte
		copy(eight[:], bools[8*i:])
		// The factor moves the lowest bit of byte k to bit 56+k; no two sums meet.
		packed[i] = byte(binary.LittleEndian.Uint64(eight[:]) * 0x0102040810204080 >> 56)
	}
	return bitmap
}
