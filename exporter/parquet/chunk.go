package parquet

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lemexport/lemexport/schema"
)

// chunk is what the footer says about a column in a row group.
type chunk struct {
	leaf      *node
	meta      columnMeta
	index     format.ColumnIndex
	locations []format.PageLocation
	// rows and size are those of the pages so far.
	rows, size int64
}

func newChunk(leaf *node, codec format.CompressionCodec) chunk {
	c := chunk{leaf: leaf, meta: columnMeta{Type: physical(leaf.column.Type), PathInSchema: leaf.path, Codec: codec}}
	if leaf.maxRep > 0 {
		c.meta.SizeStatistics.RepetitionLevelHistogram = make([]int64, leaf.maxRep+1)
	}
	if leaf.maxDef > 0 {
		c.meta.SizeStatistics.DefinitionLevelHistogram = make([]int64, leaf.maxDef+1)
	}
	return c
}

// add adds the page of a column, which has that header and takes so many bytes.
func (c *chunk) add(of *column, encoded encodedValues, page *format.DataPageHeaderV2, size int64) {
	c.locations = append(c.locations, format.PageLocation{Offset: c.size, CompressedPageSize: int32(size), FirstRowIndex: c.rows})
	c.size += size
	c.rows += int64(page.NumRows)
	c.meta.NumValues += int64(page.NumValues)
	c.meta.Statistics.NullCount += int64(page.NumNulls)
	if text, ok := of.values.(*textValues); ok {
		c.meta.SizeStatistics.UnencodedByteArrayDataBytes += int64(len(text.list.text))
	}
	count := func(levels []uint8, all, byPage thrift.Slice[int64]) thrift.Slice[int64] {
		for level := range all {
			n := int64(bytes.Count(levels, []byte{uint8(level)}))
			all[level] += n
			byPage = append(byPage, n)
		}
		return byPage
	}
	c.index.RepetitionLevelHistogram = count(of.rep, c.meta.SizeStatistics.RepetitionLevelHistogram, c.index.RepetitionLevelHistogram)
	c.index.DefinitionLevelHistogram = count(of.def, c.meta.SizeStatistics.DefinitionLevelHistogram, c.index.DefinitionLevelHistogram)
	c.bound(of.values, encoded, page)
}

// end completes the chunk, whose data pages begin at offset.
func (c *chunk) end(offset int64) {
	c.meta.DataPageOffset = offset
	for i := range c.locations {
		c.locations[i].Offset += offset
	}
	slices.SortFunc(c.meta.EncodingStats, func(a, b format.PageEncodingStats) int {
		return cmp.Or(cmp.Compare(a.PageType, b.PageType), cmp.Compare(a.Encoding, b.Encoding))
	})
	for _, used := range c.meta.EncodingStats {
		c.meta.Encoding = append(c.meta.Encoding, used.Encoding)
	}
	if c.meta.SizeStatistics.DefinitionLevelHistogram != nil {
		c.meta.Encoding = append(c.meta.Encoding, format.RLE)
	}
	slices.Sort(c.meta.Encoding)
	c.meta.Encoding = slices.Compact(c.meta.Encoding)
	if !c.leaf.storage.legacy {
		shorten(&c.meta.Statistics)
	}
	c.index.BoundaryOrder = order(c.meta.Type, &c.index)
}

// bound adds the bounds of a page's values to the column index and to the
// statistics of the chunk.
//
// The column index must have bounds for every page that is not all null
// (parquet.thrift, ColumnIndex). Pages of text without get the widest: from the
// empty string to noUnicode.
func (c *chunk) bound(of values, encoded encodedValues, page *format.DataPageHeaderV2) {
	least, greatest, ok := of.bounds(encoded)
	null := page.NumNulls == page.NumValues
	c.index.NullPages = append(c.index.NullPages, null)
	c.index.NullCounts = append(c.index.NullCounts, int64(page.NumNulls))
	switch {
	case ok && c.leaf.storage.legacy:
		c.index.MinValues = append(c.index.MinValues, bytes.Clone(least[:min(len(least), indexBytes)]))
		c.index.MaxValues = append(c.index.MaxValues, aboveBytes(greatest))
	case ok:
		above, ok := above(greatest, indexBytes)
		if !ok {
			above = []byte(noUnicode)
		}
		c.index.MinValues = append(c.index.MinValues, bytes.Clone(below(least, indexBytes)))
		c.index.MaxValues = append(c.index.MaxValues, bytes.Clone(above))
	case null:
		c.index.MinValues = append(c.index.MinValues, []byte{})
		c.index.MaxValues = append(c.index.MaxValues, []byte{})
		return
	default:
		c.index.MinValues = append(c.index.MinValues, []byte{})
		c.index.MaxValues = append(c.index.MaxValues, []byte(noUnicode))
		return
	}
	if total := &c.meta.Statistics; total.MinValue == nil {
		total.MinValue, total.MaxValue = append([]byte{}, least...), append([]byte{}, greatest...)
	} else {
		if compareValues(c.meta.Type, least, total.MinValue) < 0 {
			total.MinValue = append(total.MinValue[:0], least...)
		}
		if compareValues(c.meta.Type, greatest, total.MaxValue) > 0 {
			total.MaxValue = append(total.MaxValue[:0], greatest...)
		}
	}
}

func physical(kind schema.Type) format.Type {
	switch kind {
	case schema.Bool:
		return format.Boolean
	case schema.Timestamp:
		return format.Int64
	default:
		return format.ByteArray
	}
}
