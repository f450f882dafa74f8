package schema

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
)

// Mask turns records of a whole table into records of a selected one. The result has
// no value of excluded columns, and only the hashes of hashed ones; their values are
// removed from the column `extra` too. A mask must not be used concurrently.
type Mask struct {
	// Table is the selected table.
	Table  *Table
	from   *Table
	parts  []part
	hasher hash.Hash
	sum    []byte
	leaks  leaks
}

// part is one column of the result and its source.
type part struct {
	// at is the position in the source: of the column, or of the field in its struct.
	at     int
	hashed bool
	extra  bool
	// parts are the fields of a struct, or the one element of a list.
	parts []part
}

// NewMask returns the mask of a selection of the table. The key is secret; equal texts
// have equal hashes under one key, in all columns.
func NewMask(table *Table, s Selection, key []byte) (*Mask, error) {
	selected, err := table.Select(s)
	if err != nil {
		return nil, err
	}
	if len(s.Hash) > 0 && len(key) == 0 {
		return nil, fmt.Errorf("hashing %s needs a key", s.Hash[0])
	}
	m := &Mask{Table: selected, from: table, parts: partsOf(selected.Columns, table.Columns), hasher: hmac.New(sha256.New, key)}
	for _, names := range [][]string{s.Exclude, s.Hash} {
		for _, name := range names {
			if column, _ := table.Find(name); column.EnvelopeKey == "" {
				m.leaks.add(column.Path)
			}
		}
	}
	return m, nil
}

func partsOf(selected, from []Column) []part {
	parts := make([]part, 0, len(selected))
	for _, column := range selected {
		for at := range from {
			if from[at].Name == column.Name {
				parts = append(parts, partOf(column, from[at], at))
			}
		}
	}
	return parts
}

func partOf(column, from Column, at int) part {
	p := part{at: at, hashed: column.Hashed, extra: column.Type == JSON}
	switch {
	case column.Elem != nil:
		p.parts = []part{partOf(*column.Elem, *from.Elem, 0)}
	case column.Fields != nil:
		p.parts = partsOf(column.Fields, from.Fields)
	}
	return p
}

// Apply returns the masked rows of a record of the whole table. The caller
// releases the result; it shares no memory with rec.
func (m *Mask) Apply(rec arrow.Record) (arrow.Record, error) {
	if int(rec.NumCols()) != len(m.from.Columns) {
		return nil, fmt.Errorf("the record has %d columns, want %d", rec.NumCols(), len(m.from.Columns))
	}
	builder := array.NewRecordBuilder(memory.DefaultAllocator, m.Table.Arrow())
	defer builder.Release()
	for i, p := range m.parts {
		for row := range int(rec.NumRows()) {
			if err := m.append(builder.Field(i), p, rec.Column(p.at), row); err != nil {
				return nil, fmt.Errorf("column %s: %w", m.Table.Columns[i].Name, err)
			}
		}
	}
	return builder.NewRecord(), nil
}

// append copies one value.
func (m *Mask) append(to array.Builder, p part, from arrow.Array, row int) error {
	if from.IsNull(row) {
		to.AppendNull()
		return nil
	}
	switch from := from.(type) {
	case *array.String:
		return m.appendText(to.(*array.StringBuilder), p, from.Value(row))
	case *array.Boolean:
		to.(*array.BooleanBuilder).Append(from.Value(row))
	case *array.Timestamp:
		to.(*array.TimestampBuilder).Append(from.Value(row))
	case *array.List:
		list := to.(*array.ListBuilder)
		list.Append(true)
		start, end := from.ValueOffsets(row)
		for i := start; i < end; i++ {
			if err := m.append(list.ValueBuilder(), p.parts[0], from.ListValues(), int(i)); err != nil {
				return err
			}
		}
	case *array.Struct:
		group := to.(*array.StructBuilder)
		group.Append(true)
		for i, field := range p.parts {
			if err := m.append(group.FieldBuilder(i), field, from.Field(field.at), row); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("unsupported Arrow type %s", from.DataType())
	}
	return nil
}

func (m *Mask) appendText(to *array.StringBuilder, p part, text string) error {
	switch {
	case p.hashed:
		to.Append(m.Hash(text))
	case p.extra:
		rest, err := m.leaks.strip(text)
		switch {
		case err != nil:
			return err
		case rest == "":
			to.AppendNull()
		default:
			to.Append(rest)
		}
	default:
		to.Append(text)
	}
	return nil
}

// Hash returns the hash that replaces a text in a hashed column.
func (m *Mask) Hash(text string) string {
	m.hasher.Reset()
	_, _ = m.hasher.Write([]byte(text)) // a hash never fails
	m.sum = m.hasher.Sum(m.sum[:0])
	return hex.EncodeToString(m.sum)
}
