package schema

import "github.com/apache/arrow/go/v15/arrow"

// RecordSize is the memory of a record in bytes. What two columns share counts twice, and
// of a slice everything counts that it keeps in memory.
func RecordSize(rec arrow.Record) int {
	size := 0
	for _, column := range rec.Columns() {
		size += dataSize(column.Data())
	}
	return size
}

func dataSize(data arrow.ArrayData) int {
	size := 0
	for _, buffer := range data.Buffers() {
		if buffer != nil {
			size += buffer.Len()
		}
	}
	for _, child := range data.Children() {
		size += dataSize(child)
	}
	return size
}
