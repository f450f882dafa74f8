package arrowipc

import (
	"encoding/binary"

	"github.com/lemexport/lemexport/exporter"
)

// flatbuffer reads tables (FlatBuffers internals: little endian, tables with
// a vtable of slots). It panics where the data ends.
type flatbuffer struct {
	data []byte
	// left is how many bytes the library may yet allocate.
	left int
}

// charge counts what the library allocates.
func (w *flatbuffer) charge(count, size int) {
	if size > 0 && count > w.left/size {
		panic(exporter.TooLarge("its footer takes more memory than the footers of all open files may"))
	}
	w.left -= count * size
}

// pairs charges the metadata of a table. The library copies it twice.
func (w *flatbuffer) pairs(table, slot int) {
	first, count := w.vector(table, slot, tableOffsetSize)
	w.charge(count, pairBytes)
	for i := range count {
		at := first + i*tableOffsetSize
		pair := at + w.u32(at)
		w.charge(2, len(w.text(pair, pairKey))+len(w.text(pair, pairValue)))
	}
}

func (w *flatbuffer) u32(at int) int { return int(binary.LittleEndian.Uint32(w.data[at:])) }

// slot returns where the value of a table's slot is.
func (w *flatbuffer) slot(table, slot int) (at int, ok bool) {
	vtable := table - int(int32(binary.LittleEndian.Uint32(w.data[table:])))
	entry := firstSlot + slot*slotSize
	if entry >= int(binary.LittleEndian.Uint16(w.data[vtable:])) { // as the library sees it, also where the size is odd
		return 0, false
	}
	offset := int(binary.LittleEndian.Uint16(w.data[vtable+entry:]))
	return table + offset, offset != 0
}

// vector checks a vector of elements of a size and returns where they begin.
func (w *flatbuffer) vector(table, slot, size int) (first, count int) {
	at, ok := w.slot(table, slot)
	if !ok {
		return 0, 0
	}
	at += w.u32(at)
	count = w.u32(at)
	first = at + vtableOffsetSize
	if count > (len(w.data)-first)/size {
		panic("a vector is longer than the footer")
	}
	return first, count
}

// text returns the string of a table's slot.
func (w *flatbuffer) text(table, slot int) []byte {
	first, count := w.vector(table, slot, 1)
	return w.data[first : first+count]
}

// fields charges the fields of a schema or of a field.
func (w *flatbuffer) fields(table, slot, depth int) {
	first, count := w.vector(table, slot, tableOffsetSize)
	w.charge(count, fieldBytes)
	if depth == 0 {
		panic("fields without end")
	}
	for i := range count {
		at := first + i*tableOffsetSize
		field := at + w.u32(at)
		w.charge(1, len(w.text(field, fieldName)))
		w.kind(field)
		w.pairs(field, fieldMetadata)
		w.fields(field, fieldChildren, depth-1)
	}
}

// kind charges what stands in the type of a field.
func (w *flatbuffer) kind(field int) {
	kind, typed := w.slot(field, fieldKind)
	table, ok := w.slot(field, fieldType)
	if !typed || !ok {
		return
	}
	table += w.u32(table)
	switch w.data[kind] {
	case kindTimestamp:
		w.charge(1, len(w.text(table, timezone)))
	case kindUnion:
		_, count := w.vector(table, typeIDs, tableOffsetSize)
		w.charge(count, pairBytes)
	}
}

// table returns where a table of a table is, 0 for none.
func (w *flatbuffer) table(of, slot int) int {
	at, ok := w.slot(of, slot)
	if !ok {
		return 0
	}
	return at + w.u32(at)
}
