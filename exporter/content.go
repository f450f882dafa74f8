package exporter

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// ContentAlgorithm names the way Content is computed: docs/manifest.md says it in words.
const ContentAlgorithm = "columns-sha256-v1"

// fetchedAt is the one column that differs between two exports of the same data.
const fetchedAt = "fetched_at"

// Content identifies the rows of a file and their order, whatever the file's
// encoding, row groups and batches.
type Content struct {
	Algorithm string `json:"algorithm"`
	// SHA256 is over the digests of all columns but fetched_at, so that two
	// exports of an unchanged inbox have the same.
	SHA256 string `json:"sha256"`
	// Columns is the digest of each top-level column, by name.
	Columns map[string]string `json:"columns"`
}

// digester computes a Content from the records of a file, in order.
type digester struct {
	table   *schema.Table
	columns []hash.Hash
	buf     []byte
	rows    int64
}

func newDigester(table *schema.Table) *digester {
	d := &digester{table: table, columns: make([]hash.Hash, len(table.Columns))}
	for i := range d.columns {
		d.columns[i] = sha256.New()
	}
	return d
}

func (d *digester) add(rec arrow.Record) {
	d.rows += rec.NumRows()
	for i, sum := range d.columns {
		d.buf = d.buf[:0]
		for row := range int(rec.NumRows()) {
			d.buf = appendValue(d.buf, rec.Column(i), row)
		}
		_, _ = sum.Write(d.buf) // a hash never fails
	}
}

func (d *digester) content() Content {
	all := sha256.New()
	columns := make(map[string]string, len(d.columns))
	for i, column := range d.table.Columns {
		sum := d.columns[i].Sum(nil)
		columns[column.Name] = hex.EncodeToString(sum)
		if column.Name != fetchedAt {
			_, _ = all.Write(sum)
		}
	}
	return Content{Algorithm: ContentAlgorithm, SHA256: hex.EncodeToString(all.Sum(nil)), Columns: columns}
}

// appendValue appends a self-delimiting form of one value: 0 for null; else 1
// and the value. Integers are little endian; strings and lists carry their length.
func appendValue(buf []byte, values arrow.Array, row int) []byte {
	if values.IsNull(row) {
		return append(buf, 0)
	}
	buf = append(buf, 1)
	switch values := values.(type) {
	case *array.String:
		text := values.Value(row)
		buf = binary.LittleEndian.AppendUint32(buf, uint32(len(text)))
		return append(buf, text...)
	case *array.Boolean:
		if values.Value(row) {
			return append(buf, 1)
		}
		return append(buf, 0)
	case *array.Timestamp:
		return binary.LittleEndian.AppendUint64(buf, uint64(values.Value(row)))
	case *array.List:
		start, end := values.ValueOffsets(row)
		buf = binary.LittleEndian.AppendUint32(buf, uint32(end-start))
		for i := start; i < end; i++ {
			buf = appendValue(buf, values.ListValues(), int(i))
		}
		return buf
	case *array.Struct:
		for field := range values.NumField() {
			buf = appendValue(buf, values.Field(field), row)
		}
		return buf
	}
	panic("exporter: no digest for " + values.DataType().String())
}
