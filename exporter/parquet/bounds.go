package parquet

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"github.com/parquet-go/parquet-go/format"
)

// indexBytes is the most that a bound takes in the column index, as in other
// writers. The statistics of a row group are not cut.
const indexBytes = 16

// bound adds the bounds of a page's values to the column index and to the
// statistics of the chunk.
//
// The column index must have bounds for every page that is not all null
// (parquet.thrift, ColumnIndex). Pages of text without get the widest: from the
// empty string to a byte that UTF-8 never uses.
func (c *chunk) bound(of values, page *format.DataPageHeaderV2) {
	least, greatest, ok := of.bounds()
	null := page.NumNulls == page.NumValues
	c.index.NullPages = append(c.index.NullPages, null)
	c.index.NullCounts = append(c.index.NullCounts, int64(page.NumNulls))
	switch {
	case ok:
		c.index.MinValues = append(c.index.MinValues, below(least))
		c.index.MaxValues = append(c.index.MaxValues, above(greatest))
	case null:
		c.index.MinValues = append(c.index.MinValues, []byte{})
		c.index.MaxValues = append(c.index.MaxValues, []byte{})
		return
	default:
		c.index.MinValues = append(c.index.MinValues, []byte{})
		c.index.MaxValues = append(c.index.MaxValues, []byte{0xff})
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

// below returns the beginning of a value, which is not greater.
func below(value []byte) []byte {
	return append([]byte{}, value[:min(len(value), indexBytes)]...)
}

// above returns a short value that is not less than value.
func above(value []byte) []byte {
	if len(value) <= indexBytes {
		return append([]byte{}, value...)
	}
	short := bytes.TrimRight(value[:indexBytes], "\xff")
	if len(short) == 0 {
		return append([]byte{}, value...)
	}
	short = append([]byte{}, short...)
	short[len(short)-1]++
	return short
}

// order says whether the bounds of the pages that have any only rise or only fall.
func order(kind format.Type, index *format.ColumnIndex) format.BoundaryOrder {
	rises, falls := true, true
	last := -1
	for page, null := range index.NullPages {
		if null {
			continue
		}
		if last >= 0 {
			for _, bounds := range [][][]byte{index.MinValues, index.MaxValues} {
				change := compareValues(kind, bounds[page], bounds[last])
				rises, falls = rises && change >= 0, falls && change <= 0
			}
		}
		last = page
	}
	switch {
	case rises:
		return format.Ascending
	case falls:
		return format.Descending
	}
	return format.Unordered
}

// compareValues orders values in the form of the footer.
func compareValues(kind format.Type, a, b []byte) int {
	if kind == format.Int64 {
		return cmp.Compare(int64(binary.LittleEndian.Uint64(a)), int64(binary.LittleEndian.Uint64(b)))
	}
	return bytes.Compare(a, b)
}
