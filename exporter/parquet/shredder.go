package parquet

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// shredder passes the values of a node to the columns of its leaves, with their
// levels: the inverse of assembler.
type shredder struct {
	*node
	children []*shredder
	// column is that of a leaf.
	column *column
	// rows, nonNull and elements are scratch memory.
	rows, nonNull, elements slots
}

func newShredder(n *node, columns []*column) *shredder {
	s := &shredder{node: n}
	if len(n.children) == 0 {
		s.column = columns[n.leaves[0]]
	}
	for _, child := range n.children {
		s.children = append(s.children, newShredder(child, columns))
	}
	return s
}

// writeRows writes rows from (inclusive) to (exclusive) of a column of the table.
func (s *shredder) writeRows(values arrow.Array, from, to int) error {
	s.rows.setRows(from, to)
	return s.write(values, &s.rows)
}

// write writes the values of the slots in.
func (s *shredder) write(values arrow.Array, in *slots) error {
	switch {
	case !s.node.column.Required:
		s.nonNull.setDefined(in, values, uint8(s.maxDef))
		in = &s.nonNull
	case values.NullN() > 0:
		for _, span := range in.values {
			for at := span.start; at < span.end; at++ {
				if values.IsNull(at) {
					return fmt.Errorf("null in row %d of the required column %q", at, s.name())
				}
			}
		}
	}
	switch values := values.(type) {
	case *array.List:
		s.elements.setElements(in, values, uint8(s.maxDef), uint8(s.maxRep))
		return s.children[0].write(values.ListValues(), &s.elements)
	case *array.Struct:
		for i, field := range s.children {
			if err := field.write(values.Field(i), in); err != nil {
				return err
			}
		}
		return nil
	}
	s.column.add(values, in)
	return nil
}

// weight is about how many bytes rows from (inclusive) to (exclusive) of an array are.
func weight(values arrow.Array, from, to int) int {
	if from == to { // the array may be without memory
		return 0
	}
	switch values := values.(type) {
	case *array.String:
		return to - from + values.ValueOffset(to) - values.ValueOffset(from)
	case *array.List:
		start, _ := values.ValueOffsets(from)
		_, end := values.ValueOffsets(to - 1)
		return to - from + weight(values.ListValues(), int(start), int(end))
	case *array.Struct:
		sum := to - from
		for i := range values.NumField() {
			sum += weight(values.Field(i), from, to)
		}
		return sum
	}
	return to - from
}
