package parquet

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/thrift"
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
	size, _, err := weighThrift(data, nil, 0)
	return size, err
}

// weighThrift is checkThrift of a struct of a type, and returns as well how many
// bytes its lists and unions take when they are decoded. An element of a list may be a
// single byte and take hundreds. The walk ends when that exceeds most; a type of nil
// weighs nothing.
func weighThrift(data []byte, of reflect.Type, most int64) (size int, weight int64, err error) {
	w := thriftWalker{data: data, most: most, fields: make(map[reflect.Type]map[int64]reflect.Type)}
	w.walkStruct(thriftDepth, of)
	if w.bad && w.weight <= most {
		err = fmt.Errorf("%w: bad metadata at byte %d of %d", errDamaged, w.at, len(data))
	}
	return w.at, w.weight, err
}

type thriftWalker struct {
	data []byte
	at   int
	bad  bool
	// weight is what was walked so far, most the end of it.
	weight, most int64
	// fields are the types of the fields of structs, by their ids.
	fields map[reflect.Type]map[int64]reflect.Type
}

// unionBytes is more than the value of a union takes beside the union.
const unionBytes = 64

// weigh adds count values of a type.
func (w *thriftWalker) weigh(of reflect.Type, count uint64) {
	if of == nil {
		return
	}
	w.weight += int64(count) * int64(of.Size())
	w.bad = w.bad || w.weight > w.most
}

// fieldsOf reads the tags of a struct: `thrift:"4,required"`.
func (w *thriftWalker) fieldsOf(of reflect.Type) map[int64]reflect.Type {
	if of == nil || of.Kind() != reflect.Struct {
		return nil
	}
	fields, known := w.fields[of]
	if !known {
		fields = make(map[int64]reflect.Type)
		for field := range of.Fields() {
			id, _, _ := strings.Cut(field.Tag.Get("thrift"), ",")
			if number, err := strconv.ParseInt(id, 10, 16); err == nil {
				fields[number] = plain(field.Type)
			}
		}
		w.fields[of] = fields
	}
	return fields
}

// plain is the type in a thrift.Null.
func plain(of reflect.Type) reflect.Type {
	if of.Kind() == reflect.Struct && of.NumField() == 2 && of.Field(1).Name == "Valid" {
		return of.Field(0).Type
	}
	return of
}

func (w *thriftWalker) walkStruct(depth int, of reflect.Type) {
	if of != nil && reflect.PointerTo(of).Implements(reflect.TypeFor[thrift.Union]()) {
		w.weight += unionBytes
		of = nil
	}
	fields, id := w.fieldsOf(of), int64(0)
	for !w.bad {
		head := w.byte()
		if head == thriftStop {
			return
		}
		if step := int64(head >> 4); step > 0 {
			id += step
		} else { // the field id follows
			zigzag := w.varint()
			id = int64(zigzag>>1) ^ -int64(zigzag&1)
		}
		if kind := head & 0x0f; kind != thriftTrue && kind != thriftFalse { // a field's boolean is in its type
			w.value(kind, depth, fields[id])
		}
	}
}

func (w *thriftWalker) value(kind byte, depth int, of reflect.Type) {
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
			return
		}
		var element reflect.Type
		if of != nil && of.Kind() == reflect.Slice {
			element = of.Elem()
		}
		w.weigh(element, size)
		for ; size > 0 && !w.bad; size-- {
			w.value(head&0x0f, depth-1, element)
		}
	case thriftStruct:
		if depth == 0 {
			w.bad = true
			return
		}
		w.walkStruct(depth-1, of)
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
