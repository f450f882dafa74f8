package parquet

import (
	"encoding/binary"
	"fmt"
)

// The types of Thrift's compact protocol (thrift-compact-protocol.md).
const (
	thriftStop   = 0
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12

	// thriftDepth is deeper than any structure of a Parquet file.
	thriftDepth = 16
)

// checkThrift walks one struct at the start of data without decoding it and
// returns its length. The library allocates a list before it reads it, so a
// damaged length could take all memory, which no one can recover from: here
// nothing may be longer than the bytes that are left.
func checkThrift(data []byte) (int, error) {
	w := thriftWalker{data: data}
	w.walkStruct(thriftDepth)
	if w.bad {
		return 0, fmt.Errorf("%w: bad metadata at byte %d of %d", errDamaged, w.at, len(data))
	}
	return w.at, nil
}

type thriftWalker struct {
	data []byte
	at   int
	bad  bool
}

func (w *thriftWalker) walkStruct(depth int) {
	for !w.bad {
		head := w.byte()
		if head == thriftStop {
			return
		}
		if head>>4 == 0 { // the field id follows
			w.varint()
		}
		if kind := head & 0x0f; kind != thriftTrue && kind != thriftFalse { // a field's boolean is in its type
			w.value(kind, depth)
		}
	}
}

func (w *thriftWalker) value(kind byte, depth int) {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		w.skip(1)
	case thriftI16, thriftI32, thriftI64:
		w.varint()
	case thriftDouble:
		w.skip(8)
	case thriftBinary:
		w.skip(w.varint())
	case thriftList, thriftSet:
		head := w.byte()
		size := uint64(head >> 4)
		if size == 0x0f {
			size = w.varint()
		}
		if size > uint64(len(w.data)-w.at) || depth == 0 {
			w.bad = true
		}
		for ; size > 0 && !w.bad; size-- {
			w.value(head&0x0f, depth-1)
		}
	case thriftStruct:
		if depth == 0 {
			w.bad = true
			return
		}
		w.walkStruct(depth - 1)
	default: // Parquet has no maps
		w.bad = true
	}
}

func (w *thriftWalker) byte() byte {
	w.skip(1)
	if w.bad {
		return thriftStop
	}
	return w.data[w.at-1]
}

func (w *thriftWalker) skip(n uint64) {
	if n > uint64(len(w.data)-w.at) {
		w.bad = true
		return
	}
	w.at += int(n)
}

func (w *thriftWalker) varint() uint64 {
	value, n := binary.Uvarint(w.data[w.at:])
	if n <= 0 {
		w.bad = true
		return 0
	}
	w.at += n
	return value
}
