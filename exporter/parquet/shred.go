package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"
)

const (
	// shredValues and shredBytes bound what is handed to a column at once. A page
	// can only end between two calls, so they also bound how far it overshoots.
	shredValues = 1024
	shredBytes  = 128 << 10
)

// shredder turns one leaf of Arrow columns into Parquet values with levels, a
// record at a time (Apache Parquet, "Nested Encoding").
type shredder struct {
	position int
	// chain is the way from the column to the leaf.
	chain []*branch
	// fields[i] is the field of the struct chain[i] that leads to the leaf.
	fields []int
	to     *parquet.ColumnWriter
	values []parquet.Value
	bytes  int
	failed error
}

func newShredder(column *branch, position, leaf int, to *parquet.ColumnWriter) *shredder {
	s := &shredder{position: position, to: to, chain: []*branch{column}}
	for at := column; len(at.parts) > 0; {
		for field, part := range at.parts {
			if part.leaves[0] <= leaf && leaf <= part.leaves[len(part.leaves)-1] {
				s.fields = append(s.fields, field)
				s.chain = append(s.chain, part)
				at = part
				break
			}
		}
	}
	return s
}

func (s *shredder) leaf() *branch { return s.chain[len(s.chain)-1] }

// write writes rows from (inclusive) to (exclusive) of the record, and ends the
// page if told to.
func (s *shredder) write(rec arrow.Record, from, to int, endsPage bool) error {
	column := rec.Column(s.position)
	for from < to {
		from = s.fill(column, from, to)
		if err := s.flush(); err != nil {
			return err
		}
	}
	if endsPage {
		return s.to.Flush()
	}
	return nil
}

// fill takes rows until there are enough values for the column, and returns the
// first row not taken.
func (s *shredder) fill(column arrow.Array, from, to int) int {
	row := from
	for ; row < to && len(s.values) < shredValues && s.bytes < shredBytes; row++ {
		s.walk(0, column, row, 0, 0)
	}
	return row
}

func (s *shredder) flush() error {
	if s.failed != nil || len(s.values) == 0 {
		return s.failed
	}
	_, err := s.to.WriteRowValues(s.values)
	clear(s.values) // they point into the record, which is not ours
	s.values, s.bytes = s.values[:0], 0
	return err
}

// walk appends the values of one cell. again is the repetition level of the
// next value, defined the definition level of the parent.
func (s *shredder) walk(depth int, values arrow.Array, row, again, defined int) {
	at := s.chain[depth]
	if values.IsNull(row) {
		if at.column.Required {
			s.failed = fmt.Errorf("null in row %d of a required column", row)
		}
		s.append(parquet.Value{}, again, defined)
		return
	}
	switch values := values.(type) {
	case *array.String:
		first, start := values.ValueOffset(0), values.ValueOffset(row)
		text := values.ValueBytes()[start-first:][:values.ValueLen(row)]
		s.bytes += len(text)
		s.append(parquet.ByteArrayValue(text), again, at.present)
	case *array.Timestamp:
		s.append(parquet.Int64Value(int64(values.Value(row))), again, at.present)
	case *array.Boolean:
		s.append(parquet.BooleanValue(values.Value(row)), again, at.present)
	case *array.Struct:
		s.walk(depth+1, values.Field(s.fields[depth]), row, again, at.present)
	case *array.List:
		start, end := values.ValueOffsets(row)
		if start == end {
			s.append(parquet.Value{}, again, at.present)
		}
		for i := start; i < end; i++ {
			s.walk(depth+1, values.ListValues(), int(i), again, at.present+1)
			again = at.again
		}
	default:
		s.failed = fmt.Errorf("an arrow array of type %s", values.DataType())
	}
}

func (s *shredder) append(value parquet.Value, again, defined int) {
	value.SetRepetitionLevel(again)
	value.SetDefinitionLevel(defined)
	s.values = append(s.values, value)
}
