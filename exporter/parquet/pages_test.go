package parquet

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

// cell is a value of a Parquet column: text, a number or a boolean, nil for none.
type cell struct {
	value    any
	rep, def int
}

// shred is the format's own definition of nested columns, cell by cell: what the
// columns of the writer are compared with. It appends to cells, by leaf.
func shred(cells [][]cell, b *node, values arrow.Array, row, rep, def int) {
	none := func(def int) {
		for _, leaf := range b.leaves {
			cells[leaf] = append(cells[leaf], cell{nil, rep, def})
		}
	}
	if values.IsNull(row) {
		none(def)
		return
	}
	if !b.column.Required {
		def++
	}
	switch values := values.(type) {
	case *array.Struct:
		for i, field := range b.children {
			shred(cells, field, values.Field(i), row, rep, def)
		}
	case *array.List:
		start, end := values.ValueOffsets(row)
		if start == end {
			none(def)
		}
		for at := start; at < end; at++ {
			shred(cells, b.children[0], values.ListValues(), int(at), rep, def+1)
			rep = b.maxRep
		}
	case *array.String:
		cells[b.leaves[0]] = append(cells[b.leaves[0]], cell{values.Value(row), rep, def})
	case *array.Boolean:
		cells[b.leaves[0]] = append(cells[b.leaves[0]], cell{values.Value(row), rep, def})
	case *array.Timestamp:
		cells[b.leaves[0]] = append(cells[b.leaves[0]], cell{int64(values.Value(row)), rep, def})
	}
}

func cellOf(value parquet.Value) cell {
	c := cell{nil, value.RepetitionLevel(), value.DefinitionLevel()}
	switch kind := value.Kind(); {
	case value.IsNull():
	case kind == parquet.ByteArray:
		c.value = string(value.ByteArray())
	case kind == parquet.Boolean:
		c.value = value.Boolean()
	default:
		c.value = value.Int64()
	}
	return c
}

// limits are where pages and row groups end.
type limits struct{ pageRows, pageBytes, groupRows int }

func anyLimits(t *rapid.T) limits {
	return limits{
		pageRows:  rapid.IntRange(1, 12).Draw(t, "page rows"),
		pageBytes: rapid.SampledFrom([]int{1, 60, PageBytes}).Draw(t, "page bytes"),
		groupRows: rapid.IntRange(1, 30).Draw(t, "row group"),
	}
}

// nested is a table of what the real ones do not have yet: lists of lists, lists
// side by side in a list, and required values below others.
func nested() *schema.Table {
	return &schema.Table{Name: "nested", Version: 1, Columns: []schema.Column{
		{Name: "id", Type: schema.String, Role: schema.RoleKey, Values: schema.IDs, Required: true, ID: 1},
		{Name: "required", Type: schema.List, Required: true, ID: 2, Elem: &schema.Column{Name: "element", Type: schema.Struct, Required: true, ID: 3, Fields: []schema.Column{
			{Name: "times", Type: schema.List, ID: 5, Elem: &schema.Column{Name: "element", Type: schema.Timestamp, Required: true, ID: 6}},
			{Name: "flags", Type: schema.List, ID: 13, Elem: &schema.Column{Name: "element", Type: schema.Bool, Required: true, ID: 14}},
			{Name: "team_id", Type: schema.String, Values: schema.FewValues, Required: true, ID: 4},
		}}},
		{Name: "lists", Type: schema.List, ID: 7, Elem: &schema.Column{Name: "element", Type: schema.List, ID: 8, Elem: &schema.Column{Name: "element", Type: schema.Bool, ID: 9}}},
		{Name: "group", Type: schema.Struct, ID: 10, Fields: []schema.Column{
			{Name: "group", Type: schema.Struct, Required: true, ID: 11, Fields: []schema.Column{{Name: "text", Type: schema.String, Required: true, ID: 12}}},
		}},
	}}
}

// limitPages makes pages small, and worth all workers.
func (s *sink) limitPages(rows, bytes int) {
	s.pageRows, s.parallelRows = rows, 1
	for _, p := range s.encoders {
		p.pageBytes = bytes
	}
}

// encodeLimited writes records with several filters.
func encodeLimited(t recordtest.T, table *schema.Table, limits limits, records ...arrow.Record) []byte {
	t.Helper()
	filtered := []string{"id", "team_id", "contact.email", "users.user_id", "channels"}
	if table.Name == "nested" {
		filtered = []string{"required.team_id", "group.group.text"}
	}
	var out bytes.Buffer
	created, err := Format{}.create(&out, newFile(t, table, exporter.ParquetOptions{}), exporter.Export{Parquet: exporter.ParquetOptions{
		Bloom:        filtered,
		RowGroupSize: limits.groupRows,
	}}, writeBuffer)
	if err != nil {
		t.Fatal(err)
	}
	created.limitPages(limits.pageRows, limits.pageBytes)
	for _, rec := range records {
		if err := created.Write(background(), rec); err != nil {
			t.Fatal(err)
		}
	}
	if err := created.Finish([]byte("{}")); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Every column holds the cells and levels that the format defines, and what
// the footer says about them is true, wherever pages, row groups and records end.
func TestTheFileSaysTheTruthAboutItsCells(t *testing.T) {
	rapid.Check(t, theTruth)
}

func FuzzTheFileSaysTheTruthAboutItsCells(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(theTruth))
}

func theTruth(t *rapid.T) {
	table := schema.InboxConversations()
	if rapid.Bool().Draw(t, "nested") {
		table = nested()
	}
	rows := rapid.IntRange(1, 40).Draw(t, "rows")
	rec := recordtest.Any(t, table, rows)
	cuts := rapid.SliceOfN(rapid.IntRange(0, rows), 0, 4).Draw(t, "cuts")
	slices.Sort(cuts)
	limits := anyLimits(t)
	bytesOf := encodeLimited(t, table, limits, recordtest.Split(rec, cuts)...)
	got, err := decode(table, bytesOf)
	if err != nil {
		t.Fatal(err)
	}
	recordtest.Same(t, table, got, []arrow.Record{rec})

	layout, file := newFile(t, table, exporter.ParquetOptions{}), openFile(t, bytesOf)
	for number, group := range file.RowGroups() {
		want := make([][]cell, len(layout.leaves))
		first := number * limits.groupRows
		for row := first; row < min(first+limits.groupRows, rows); row++ {
			for i, column := range layout.columns {
				shred(want, column, rec.Column(i), row, 0, 0)
			}
		}
		if got := group.NumRows(); got != int64(min(limits.groupRows, rows-first)) {
			t.Fatalf("row group %d has %d rows", number, got)
		}
		total := int64(0)
		for _, column := range file.Metadata().RowGroups[number].Columns {
			total += column.MetaData.TotalCompressedSize
		}
		if got := file.Metadata().RowGroups[number].TotalCompressedSize; got != total {
			t.Fatalf("row group %d has %d bytes instead of %d", number, got, total)
		}
		for leaf, chunk := range group.ColumnChunks() {
			check := chunkTruth{layout.leaves[leaf], &file.Metadata().RowGroups[number].Columns[leaf].MetaData, chunk, want[leaf], limits}
			if err := check.all(t); err != nil {
				t.Fatalf("row group %d, column %s: %v", number, check.leaf.name(), err)
			}
		}
	}
}

// chunkTruth compares a column chunk with its cells, by brute force.
type chunkTruth struct {
	leaf   *node
	meta   *format.ColumnMetaData
	chunk  parquet.ColumnChunk
	want   []cell
	limits limits
}

func (c *chunkTruth) all(t recordtest.T) error {
	pages := make([][]cell, 0)
	for value, page := range valuesOf(t, c.chunk) {
		if page == len(pages) {
			pages = append(pages, nil)
		}
		pages[page] = append(pages[page], cellOf(value))
	}
	if got := slices.Concat(pages...); !slices.Equal(got, c.want) {
		return fmt.Errorf("its cells are %v instead of %v", got, c.want)
	}
	if err := c.sums(); err != nil {
		return err
	}
	if err := c.index(pages); err != nil {
		return err
	}
	if filter := c.chunk.BloomFilter(); filter != nil {
		for _, cell := range c.want {
			if cell.value == nil {
				continue
			}
			if in, err := filter.Check(parquet.ValueOf(cell.value)); err != nil {
				return err
			} else if !in {
				return fmt.Errorf("%q is not in the filter", cell.value)
			}
		}
	}
	return nil
}

// sums checks counts, bounds and histograms of the chunk.
func (c *chunkTruth) sums() error {
	least, greatest, nulls := boundsOf(c.leaf, c.want)
	stats := &c.meta.Statistics
	if c.meta.NumValues != int64(len(c.want)) || stats.NullCount != nulls {
		return fmt.Errorf("%d values and %d nulls instead of %d and %d", c.meta.NumValues, stats.NullCount, len(c.want), nulls)
	}
	if !c.leaf.storage.bounds {
		least, greatest = nil, nil
	}
	cut := func(bound, value []byte) bool { return len(value) > boundBytes && len(bound) <= boundBytes }
	if !bytes.Equal(stats.MinValue, least) && (!cut(stats.MinValue, least) || bytes.Compare(stats.MinValue, least) > 0) ||
		!bytes.Equal(stats.MaxValue, greatest) && (!cut(stats.MaxValue, greatest) || stats.MaxValue != nil && bytes.Compare(stats.MaxValue, greatest) < 0) {
		return fmt.Errorf("it is from %.80q to %.80q instead of %.80q to %.80q", stats.MinValue, stats.MaxValue, least, greatest)
	}
	rep, def := make([]int64, c.leaf.maxRep+1), make([]int64, c.leaf.maxDef+1)
	var text int64
	for _, cell := range c.want {
		rep[cell.rep]++
		def[cell.def]++
		if value, ok := cell.value.(string); ok {
			text += int64(len(value))
		}
	}
	size := &c.meta.SizeStatistics
	if c.leaf.maxRep > 0 && !slices.Equal(size.RepetitionLevelHistogram, rep) || c.leaf.maxDef > 0 && !slices.Equal(size.DefinitionLevelHistogram, def) {
		return fmt.Errorf("levels %v and %v instead of %v and %v", size.RepetitionLevelHistogram, size.DefinitionLevelHistogram, rep, def)
	}
	if size.UnencodedByteArrayDataBytes != text {
		return fmt.Errorf("%d bytes of text instead of %d", size.UnencodedByteArrayDataBytes, text)
	}
	return nil
}

// index checks the page index.
func (c *chunkTruth) index(pages [][]cell) error {
	columns, err := c.chunk.ColumnIndex()
	if err != nil {
		return err
	}
	offsets, err := c.chunk.OffsetIndex()
	if err != nil {
		return err
	}
	if columns.NumPages() != len(pages) || offsets.NumPages() != len(pages) {
		return fmt.Errorf("%d pages instead of %d", columns.NumPages(), len(pages))
	}
	first, place := int64(0), c.meta.DataPageOffset
	var last [2]parquet.Value
	for number, page := range pages {
		if offsets.Offset(number) != place {
			return fmt.Errorf("page %d is at %d instead of %d", number, offsets.Offset(number), place)
		}
		place += offsets.CompressedPageSize(number)
		if bounds := [2]parquet.Value{columns.MinValue(number), columns.MaxValue(number)}; !columns.NullPage(number) {
			for i := range bounds {
				if change := c.chunk.Type().Compare(bounds[i], last[i]); !last[i].IsNull() && (columns.IsAscending() && change < 0 || columns.IsDescending() && change > 0) {
					return fmt.Errorf("page %d is not in the order that it says", number)
				}
				last[i] = bounds[i].Clone()
			}
		}
		_, _, nulls := boundsOf(c.leaf, page)
		if columns.NullCount(number) != nulls || columns.NullPage(number) != (nulls == int64(len(page))) {
			return fmt.Errorf("page %d has %d nulls of %d, it says %d", number, nulls, len(page), columns.NullCount(number))
		}
		if offsets.FirstRowIndex(number) != first {
			return fmt.Errorf("page %d begins with row %d instead of %d", number, offsets.FirstRowIndex(number), first)
		}
		rows := int64(0)
		for _, cell := range page {
			if cell.rep == 0 {
				rows++
			}
			if cell.value == nil {
				continue
			}
			value, compare := parquet.ValueOf(cell.value), c.chunk.Type().Compare
			if compare(columns.MinValue(number), value) > 0 || compare(columns.MaxValue(number), value) < 0 {
				return fmt.Errorf("page %d: %q is not between %q and %q", number, value, columns.MinValue(number), columns.MaxValue(number))
			}
		}
		if rows > int64(c.limits.pageRows) {
			return fmt.Errorf("page %d has %d rows", number, rows)
		}
		first += rows
	}
	if end := firstPage(c.meta) + c.meta.TotalCompressedSize; place != end {
		return fmt.Errorf("it ends at %d instead of %d", end, place)
	}
	return nil
}

// boundsOf are the bounds of the cells in the form of the footer, and how many are none.
func boundsOf(leaf *node, cells []cell) (least, greatest []byte, nulls int64) {
	kind := physical(leaf.column.Type)
	for _, cell := range cells {
		if cell.value == nil {
			nulls++
			continue
		}
		value := append([]byte{}, parquet.ValueOf(cell.value).Bytes()...)
		if least == nil || compareValues(kind, value, least) < 0 {
			least = value
		}
		if greatest == nil || compareValues(kind, value, greatest) > 0 {
			greatest = value
		}
	}
	return least, greatest, nulls
}

func TestPagesOvershootByNoMoreThanAStep(t *testing.T) {
	const rows, size = 1200, 1 << 10
	table := schema.InboxConversations()
	builder := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer builder.Release()
	for range rows {
		for i, column := range table.Columns {
			appendText(builder.Field(i), column, strings.Repeat("x", size))
		}
	}
	file := openFile(t, encode(t, table, 0, "snappy", builder.NewRecord()))
	for _, chunk := range file.RowGroups()[0].ColumnChunks() {
		if chunk.Type().Kind() != parquet.ByteArray {
			continue
		}
		pages := make(map[int]int)
		for value, page := range valuesOf(t, chunk) {
			pages[page] += len(value.ByteArray())
		}
		for page, bytes := range pages {
			if bytes > PageBytes+stepBytes || bytes < PageBytes-stepBytes && page < len(pages)-1 {
				t.Errorf("column %d: page %d has %d bytes", chunk.Column(), page, bytes)
			}
		}
	}
}

func appendText(to array.Builder, column schema.Column, text string) {
	switch to := to.(type) {
	case *array.StringBuilder:
		to.Append(text)
	case *array.ListBuilder:
		to.Append(true)
		appendText(to.ValueBuilder(), *column.Elem, text)
	case *array.StructBuilder:
		to.Append(true)
		for i, field := range column.Fields {
			appendText(to.FieldBuilder(i), field, text)
		}
	default:
		recordtest.AppendPlain(to, column, 0)
	}
}
