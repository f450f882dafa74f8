package rows

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

var errUnpack = errors.New("the rows are not as they were written")

// unpack makes a record of what a [packer] has written. The record shares the memory.
func unpack(as *arrow.Schema, body []byte) (arrow.Record, error) {
	u := unpacker{rest: body}
	rows := u.number(math.MaxInt32)
	columns := make([]arrow.Array, as.NumFields())
	for i, field := range as.Fields() {
		data := u.column(field.Type, rows)
		if u.damaged {
			return nil, errUnpack
		}
		columns[i] = array.MakeFromData(data)
	}
	if len(u.rest) > 0 {
		return nil, errUnpack
	}
	return array.NewRecord(as, columns, int64(rows)), nil
}

// unpacker reads what a packer has written.
type unpacker struct {
	rest    []byte
	damaged bool
}

// buffer is the next buffer; nil when there are not so many bytes.
func (u *unpacker) buffer(size int) []byte {
	if u.damaged || size < 0 || aligned(size) > len(u.rest) {
		u.damaged = true
		return nil
	}
	buffer := u.rest[:size:size]
	u.rest = u.rest[aligned(size):]
	return buffer
}

// number is the next number, which is at most so large.
func (u *unpacker) number(most int) int {
	buffer := u.buffer(8)
	if u.damaged {
		return 0
	}
	n := binary.LittleEndian.Uint64(buffer)
	if u.damaged = n > uint64(most); u.damaged {
		return 0
	}
	return int(n)
}

// offsets returns the offsets of so many values, and the last of them.
func (u *unpacker) offsets(length int) (buffer []byte, last int) {
	if buffer = u.buffer(4 * (length + 1)); u.damaged {
		return nil, 0
	}
	last = int(int32(binary.NativeEndian.Uint32(buffer[4*length:])))
	u.damaged = last < 0
	return buffer, last
}

func (u *unpacker) column(kind arrow.DataType, length int) *array.Data {
	nulls := u.number(length)
	buffers, children := make([]*memory.Buffer, 1, 3), []arrow.ArrayData(nil)
	if nulls > 0 {
		buffers[0] = memory.NewBufferBytes(u.buffer((length + 7) / 8))
	}
	switch kind := kind.(type) {
	case *arrow.StringType:
		ends, size := u.offsets(length)
		buffers = append(buffers, memory.NewBufferBytes(ends), memory.NewBufferBytes(u.buffer(size)))
	case *arrow.BooleanType:
		buffers = append(buffers, memory.NewBufferBytes(u.buffer((length+7)/8)))
	case *arrow.TimestampType:
		buffers = append(buffers, memory.NewBufferBytes(u.buffer(8*length)))
	case *arrow.ListType:
		ends, elements := u.offsets(length)
		buffers = append(buffers, memory.NewBufferBytes(ends))
		children = append(children, u.column(kind.Elem(), elements))
	case *arrow.StructType:
		for _, field := range kind.Fields() {
			children = append(children, u.column(field.Type, length))
		}
	}
	return array.NewData(kind, length, buffers, children, nulls, 0)
}
