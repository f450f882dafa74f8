package parquet

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// listGroup is the name of the repeated group inside a LIST (parquet-format,
// LogicalTypes.md, "Lists": three levels named <name>, list, element).
const listGroup = "list"

// layout is a table seen as Parquet columns.
type layout struct {
	table   *schema.Table
	form    form
	columns []*node
	// leaves are Parquet's columns, in file order.
	leaves []*node
}

func newLayout(table *schema.Table, form form) *layout {
	l := &layout{table: table, form: form}
	for _, column := range table.Columns {
		l.columns = append(l.columns, l.grow(column, nil, 0, 0))
	}
	return l
}

// grow adds a column below a parent whose value is not null from level maxDef on.
func (l *layout) grow(column schema.Column, parent []string, maxDef, maxRep int) *node {
	n := &node{column: column, path: append(slices.Clone(parent), column.Name), maxDef: maxDef, maxRep: maxRep}
	if !column.Required {
		n.maxDef++
	}
	first := len(l.leaves)
	switch column.Type {
	case schema.List:
		n.maxRep++
		inside := append(slices.Clone(n.path), listGroup)
		n.children = []*node{l.grow(*column.Elem, inside, n.maxDef+1, n.maxRep)}
	case schema.Struct:
		for _, field := range column.Fields {
			n.children = append(n.children, l.grow(field, n.path, n.maxDef, n.maxRep))
		}
	case schema.String, schema.Bool, schema.Timestamp, schema.JSON:
		n.storage = storageOf(column, l.form.encoding)
		n.storage.legacy = l.form.legacy
		l.leaves = append(l.leaves, n)
	}
	for leaf := first; leaf < len(l.leaves); leaf++ {
		n.leaves = append(n.leaves, leaf)
	}
	return n
}

// elements returns the schema as the footer holds it: every node before its children,
// in the table's order. The first one has the name of the table.
func (l *layout) elements() []format.SchemaElement {
	elements := []format.SchemaElement{{Name: l.table.Name, NumChildren: thrift.New(int32(len(l.columns)))}}
	for _, column := range l.columns {
		elements = column.appendElements(elements, l.form)
	}
	return elements
}

// columnOrders states that bounds are in the order of the column's type.
func (l *layout) columnOrders() []format.ColumnOrder {
	orders := make([]format.ColumnOrder, len(l.leaves))
	for i := range orders {
		orders[i].Value = &format.TypeDefinedOrder{}
	}
	return orders
}

// root returns the schema as a reader sees it in a file of the table without rows.
func (l *layout) root() (parquet.Node, error) {
	opened, err := openSchema(l.elements())
	if err != nil {
		return nil, err
	}
	return opened.Root(), nil
}

// filtered reports which leaves have a bloom filter: the named ones, or the key of the
// table when names is nil.
func (l *layout) filtered(names []string) ([]bool, error) {
	filtered := make([]bool, len(l.leaves))
	if names == nil {
		if at := l.leaf(schema.RoleKey); at >= 0 {
			filtered[at] = true
		}
	}
	for _, name := range names {
		at := slices.IndexFunc(l.leaves, func(n *node) bool {
			return strings.ReplaceAll(n.name(), ".element", "") == name && n.column.Type == schema.String
		})
		if at < 0 {
			return nil, fmt.Errorf("unknown text column %q for a bloom filter", name)
		}
		filtered[at] = true
	}
	return filtered, nil
}

// sorting returns the engine's order of rows, for the columns that the table has.
func (l *layout) sorting() []format.SortingColumn {
	var order []format.SortingColumn
	if at := l.leaf(schema.RoleVersion); at >= 0 {
		order = append(order, format.SortingColumn{ColumnIdx: int32(at), Descending: true})
	}
	if at := l.leaf(schema.RoleKey); at >= 0 {
		order = append(order, format.SortingColumn{ColumnIdx: int32(at)})
	}
	return order
}

// leaf returns the index of the leaf with that role, -1 for none.
func (l *layout) leaf(role schema.Role) int {
	return slices.IndexFunc(l.leaves, func(n *node) bool { return n.column.Role == role })
}

// arrowSchema returns the table's Arrow schema as the footer holds it.
func (l *layout) arrowSchema() (string, error) {
	s := l.table.ArrowBrief()
	if l.form.legacy {
		s = l.table.Arrow()
	}
	var stream bytes.Buffer
	if err := ipc.NewWriter(&stream, ipc.WithSchema(s)).Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(stream.Bytes()), nil
}
