package rows

import (
	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// Piece is rows of a record: From is in it, To is not.
type Piece struct {
	Rec      arrow.Record
	From, To int
}

// Concat returns a record of the pieces' rows, one after the other. It copies them into
// one piece of memory, unless there is one piece, whose memory the result then shares.
// The caller releases it.
func Concat(as *arrow.Schema, pieces []Piece) arrow.Record {
	if len(pieces) == 1 {
		one := pieces[0].Rec.NewSlice(int64(pieces[0].From), int64(pieces[0].To))
		defer one.Release()
		return array.NewRecord(as, one.Columns(), one.NumRows())
	}
	joined := packer{body: make([]byte, 0, packedSize(as, pieces))}
	joined.pack(as, pieces)
	rec, err := unpack(as, joined.body)
	if err != nil {
		panic("rows: " + err.Error()) // the rows of what was packed just now
	}
	return rec
}

// splitPieces divides pieces before a row.
func splitPieces(pieces []Piece, rows int) (before, behind []Piece) {
	for i, one := range pieces {
		if middle := one.From + rows; middle < one.To {
			before = append(before, pieces[:i]...)
			if rows > 0 {
				before = append(before, Piece{one.Rec, one.From, middle})
			}
			return before, append([]Piece{{one.Rec, middle, one.To}}, pieces[i+1:]...)
		}
		rows -= one.To - one.From
	}
	return pieces, nil
}

// rowsOf is the number of rows of some pieces.
func rowsOf(pieces []Piece) (rows int) {
	for _, one := range pieces {
		rows += one.To - one.From
	}
	return rows
}

// part is values of an array: from is in it, to is not.
type part struct {
	values   arrow.Array
	from, to int
}

func lengthOf(parts []part) (length int) {
	for _, one := range parts {
		length += one.to - one.from
	}
	return length
}

// columnOf is the values of the pieces in a column.
func columnOf(pieces []Piece, column int) []part {
	parts := make([]part, len(pieces))
	for i, one := range pieces {
		parts[i] = part{one.Rec.Column(column), one.From, one.To}
	}
	return parts
}

// fieldOf is the values of a field of structs.
func fieldOf(structs []part, field int) []part {
	parts := make([]part, len(structs))
	for i, one := range structs {
		parts[i] = part{one.values.(*array.Struct).Field(field), one.from, one.to}
	}
	return parts
}

// elementsOf is the elements of lists.
func elementsOf(lists []part) []part {
	parts := make([]part, 0, len(lists))
	for _, one := range lists {
		if one.from < one.to { // an array without values may be without memory
			list := one.values.(*array.List)
			offsets := list.Offsets()[list.Data().Offset():]
			parts = append(parts, part{list.ListValues(), int(offsets[one.from]), int(offsets[one.to])})
		}
	}
	return parts
}

// textSize is the number of bytes of texts.
func textSize(texts []part) (size int) {
	for _, one := range texts {
		if one.from < one.to {
			text := one.values.(*array.String)
			size += text.ValueOffset(one.to) - text.ValueOffset(one.from)
		}
	}
	return size
}
