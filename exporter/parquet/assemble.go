package parquet

import (
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/lemexport/lemexport/schema"
)

// assembler builds the Arrow values of one branch from the cursors of its
// leaves: the inverse of shredder.
type assembler struct {
	*branch
	cursors []*cursor
	parts   []*assembler
	to      array.Builder
	// bytes counts the text appended.
	bytes *int
}

// newAssembler joins a branch with its builder and the layout's cursors.
func newAssembler(b *branch, cursors []*cursor, to array.Builder, bytes *int) *assembler {
	a := &assembler{branch: b, to: to, bytes: bytes}
	for _, leaf := range b.leaves {
		a.cursors = append(a.cursors, cursors[leaf])
	}
	for i, part := range b.parts {
		var inner array.Builder
		switch to := to.(type) {
		case *array.ListBuilder:
			inner = to.ValueBuilder()
		case *array.StructBuilder:
			inner = to.FieldBuilder(i)
		}
		a.parts = append(a.parts, newAssembler(part, cursors, inner, bytes))
	}
	return a
}

// read appends one value. again is the repetition level it must have, defined
// the definition level its parent has.
func (a *assembler) read(again, defined int) error {
	head, err := a.head(a.cursors[0], again, defined)
	if err != nil {
		return err
	}
	level := head.DefinitionLevel()
	if level < a.present {
		a.to.AppendNull()
		return a.skip(again, level)
	}
	switch to := a.to.(type) {
	case *array.ListBuilder:
		to.Append(true)
		return a.readList(again, level)
	case *array.StructBuilder:
		to.Append(true)
		for _, field := range a.parts {
			if err := field.read(again, a.present); err != nil {
				return err
			}
		}
		return nil
	}
	if err := a.append(head); err != nil {
		return err
	}
	a.cursors[0].take()
	return nil
}

// readList appends the elements of a list that is not null.
func (a *assembler) readList(again, level int) error {
	if level == a.present {
		return a.skip(again, level) // no elements
	}
	for {
		if err := a.parts[0].read(again, a.present+1); err != nil {
			return err
		}
		again = a.again
		next, err := a.cursors[0].peek()
		if errors.Is(err, io.EOF) || err == nil && next.RepetitionLevel() < again {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// skip takes the one value that every leaf has for a null or an empty list.
func (a *assembler) skip(again, level int) error {
	for _, cursor := range a.cursors {
		head, err := a.head(cursor, again, level)
		if err != nil {
			return err
		}
		if head.DefinitionLevel() != level {
			return fmt.Errorf("%w: the columns of %q disagree", errDamaged, a.name())
		}
		cursor.take()
	}
	return nil
}

// head is the next value of a cursor, with its levels checked.
func (a *assembler) head(cursor *cursor, again, defined int) (*parquet.Value, error) {
	value, err := cursor.peek()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: it ends early", errDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("column %q: %w", cursor.leaf.name(), err)
	}
	if r, d := value.RepetitionLevel(), value.DefinitionLevel(); r != again || d < defined || d > cursor.leaf.present {
		return nil, fmt.Errorf("%w: column %q has levels %d and %d", errDamaged, cursor.leaf.name(), r, d)
	}
	return value, nil
}

// append appends the value of a leaf.
func (a *assembler) append(value *parquet.Value) error {
	if value.IsNull() {
		return fmt.Errorf("%w: column %q has a null of a value's level", errDamaged, a.name())
	}
	switch a.column.Type {
	case schema.String, schema.JSON:
		text := value.ByteArray()
		*a.bytes += len(text)
		a.to.(*array.StringBuilder).BinaryBuilder.Append(text)
	case schema.Timestamp:
		a.to.(*array.TimestampBuilder).Append(arrow.Timestamp(value.Int64()))
	case schema.Bool:
		a.to.(*array.BooleanBuilder).Append(value.Boolean())
	case schema.List, schema.Struct: // not leaves
	}
	return nil
}
