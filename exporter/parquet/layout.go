package parquet

import (
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// listGroup is the name of the repeated group inside a LIST (parquet-format,
// LogicalTypes.md, "Lists": three levels named <name>, list, element).
const listGroup = "list"

// layout is a table seen as Parquet columns.
type layout struct {
	table   *schema.Table
	form    form
	columns []*branch
	// leaves are Parquet's columns, in file order.
	leaves []*branch
}

// branch is a column, a field of a struct or the element of a list.
type branch struct {
	column schema.Column
	// path is the place in the file's schema, with the groups of lists.
	path []string
	// present is the definition level from which the value is not null. A list
	// that is not empty is one level higher.
	present int
	// again is, in a list, the repetition level of all elements but the first.
	again int
	// parts are the fields of a struct or the one element of a list.
	parts []*branch
	// leaves are the Parquet columns at or below the branch: indexes of layout.leaves.
	leaves []int
	// storage is set on leaves.
	storage storage
}

// storage says how a Parquet column is written.
type storage struct {
	encoding encoding.Encoding
	// dictionary has each row group start with a dictionary, which it gives up
	// where the values do not repeat.
	dictionary bool
	// bounds keeps minimum and maximum. Free text has none: its bounds would say
	// something of people, and leave out few pages.
	bounds bool
	// earlier has bounds that are not cut, and page headers that count no nulls.
	earlier bool
}

func newLayout(table *schema.Table, form form) *layout {
	l := &layout{table: table, form: form}
	for _, column := range table.Columns {
		l.columns = append(l.columns, l.grow(column, nil, 0, 0))
	}
	return l
}

// grow adds a column below a parent whose value is present at level present.
func (l *layout) grow(column schema.Column, parent []string, present, again int) *branch {
	b := &branch{column: column, path: append(slices.Clone(parent), column.Name), present: present, again: again}
	if !column.Required {
		b.present++
	}
	first := len(l.leaves)
	switch column.Type {
	case schema.List:
		b.again++
		inside := append(slices.Clone(b.path), listGroup)
		b.parts = []*branch{l.grow(*column.Elem, inside, b.present+1, b.again)}
	case schema.Struct:
		for _, field := range column.Fields {
			b.parts = append(b.parts, l.grow(field, b.path, b.present, b.again))
		}
	case schema.String, schema.Bool, schema.Timestamp, schema.JSON:
		b.storage = storageOf(column, l.form.encoding)
		b.storage.earlier = l.form.earlier
		l.leaves = append(l.leaves, b)
	}
	for leaf := first; leaf < len(l.leaves); leaf++ {
		b.leaves = append(b.leaves, leaf)
	}
	return b
}

// reads reports whether values of a leaf may be in that encoding, whatever the
// encoding of new files.
func (b *branch) reads(encoding format.Encoding) bool {
	switch b.column.Type {
	case schema.Bool:
		return encoding == format.Plain
	case schema.Timestamp:
		return encoding == format.Plain || encoding == format.DeltaBinaryPacked || encoding == format.RLEDictionary
	default:
		return encoding == format.Plain || encoding == format.DeltaLengthByteArray || encoding == format.DeltaByteArray || encoding == format.RLEDictionary
	}
}

// name is the path for people: without the groups of lists.
func (b *branch) name() string {
	names := make([]string, 0, len(b.path))
	for i, name := range b.path {
		if i > 0 && name == listGroup && i < len(b.path)-1 {
			continue
		}
		names = append(names, name)
	}
	return strings.Join(names, ".")
}

// storageOf is how the values of a leaf are written. Most ids are there once: a
// dictionary would be given up.
func storageOf(column schema.Column, encoding string) storage {
	few := storage{encoding: &parquet.Plain, dictionary: true, bounds: true}
	ids, text := storage{encoding: &parquet.Plain, bounds: true}, storage{encoding: &parquet.Plain, dictionary: true}
	times := storage{encoding: &parquet.DeltaBinaryPacked, bounds: true}
	switch encoding {
	case exporter.EncodingPlain:
		times = few
	case exporter.EncodingCompact:
		few.encoding, text.encoding, ids.encoding = &parquet.DeltaLengthByteArray, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray
	}
	switch {
	case column.Type == schema.Bool:
		return storage{encoding: &parquet.Plain, bounds: true}
	case column.Type == schema.Timestamp:
		return times
	case column.Values == schema.FewValues:
		return few
	case column.Values == schema.IDs:
		return ids
	}
	return text
}
