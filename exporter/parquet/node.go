package parquet

import (
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// node is a column, a field of a struct or the element of a list.
type node struct {
	column schema.Column
	// path leads to the node in the file's schema, with the groups of lists.
	path []string
	// maxDef is the definition level from which the value is not null. The elements of a
	// list are one level higher.
	maxDef int
	// maxRep is, in a list, the repetition level of all elements but the first.
	maxRep int
	// children are the fields of a struct or the one element of a list.
	children []*node
	// leaves are the Parquet columns at or below the node: indexes of layout.leaves.
	leaves []int
	// storage is set on leaves.
	storage storage
}

// reads reports whether values of a leaf may be in that encoding, whatever the
// encoding of new files.
func (n *node) reads(encoding format.Encoding) bool {
	switch n.column.Type {
	case schema.Bool:
		return encoding == format.Plain
	case schema.Timestamp:
		return encoding == format.Plain || encoding == format.DeltaBinaryPacked || encoding == format.RLEDictionary
	default:
		return encoding == format.Plain || encoding == format.DeltaLengthByteArray || encoding == format.DeltaByteArray || encoding == format.RLEDictionary
	}
}

// name is the path without the groups of lists, for messages.
func (n *node) name() string {
	names := make([]string, 0, len(n.path))
	for i, name := range n.path {
		if i > 0 && name == listGroup && i < len(n.path)-1 {
			continue
		}
		names = append(names, name)
	}
	return strings.Join(names, ".")
}

func (n *node) appendElements(to []format.SchemaElement, form form) []format.SchemaElement {
	element := format.SchemaElement{Name: n.column.Name, RepetitionType: thrift.New(format.Optional)}
	if form.ids {
		element.FieldID = int32(n.column.ID)
	}
	if n.column.Required {
		element.RepetitionType.Set(format.Required)
	}
	kind := n.kind(form)
	if physical := kind.PhysicalType(); physical != nil {
		element.Type.Set(*physical)
	}
	if logical := kind.LogicalType(); logical != nil {
		element.LogicalType = *logical
	}
	if converted := kind.ConvertedType(); converted != nil {
		element.ConvertedType.Set(*converted)
	}
	if len(n.children) > 0 {
		element.NumChildren.Set(int32(len(n.children)))
	}
	to = append(to, element)
	if n.column.Type == schema.List {
		to = append(to, format.SchemaElement{Name: listGroup, RepetitionType: thrift.New(format.Repeated), NumChildren: thrift.New(int32(1))})
	}
	for _, child := range n.children {
		to = child.appendElements(to, form)
	}
	return to
}

// kind is the library's name for the type.
func (n *node) kind(form form) parquet.Type {
	switch n.column.Type {
	case schema.JSON:
		if form.json {
			return parquet.JSON().Type()
		}
		return parquet.String().Type()
	case schema.String:
		return parquet.String().Type()
	case schema.Bool:
		return parquet.BooleanType
	case schema.Timestamp:
		return parquet.Timestamp(parquet.Microsecond).Type()
	case schema.List:
		return parquet.List(parquet.Group{}).Type()
	case schema.Struct:
	}
	return parquet.Group{}.Type()
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
	// legacy has bounds that are not shortened, and page headers without null counts.
	legacy bool
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
