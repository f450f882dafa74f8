package parquet

import (
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// unboundedType is a type of text whose pages are indexed without looking at
// the values.
//
// The column index must hold bounds for every page that is not all null
// (parquet.thrift, ColumnIndex). parquet-go v0.32 leaves them empty when told to
// skip bounds, and a reader that trusts "at most the empty string" drops the page.
type unboundedType struct{ parquet.Type }

// NewColumnIndexer returns an indexer that gives each page the widest bounds.
func (unboundedType) NewColumnIndexer(int) parquet.ColumnIndexer { return new(unboundedIndexer) }

type unboundedIndexer struct {
	nullPages  []bool
	nullCounts []int64
}

// Reset forgets all pages.
func (u *unboundedIndexer) Reset() { u.nullPages, u.nullCounts = u.nullPages[:0], u.nullCounts[:0] }

// IndexPage adds a page.
func (u *unboundedIndexer) IndexPage(values, nulls int64, _, _ parquet.Value) {
	u.nullPages = append(u.nullPages, values == nulls)
	u.nullCounts = append(u.nullCounts, nulls)
}

// ColumnIndex returns the index of all pages. The upper bound is a byte that
// UTF-8 never uses, so that it is greater than any text.
func (u *unboundedIndexer) ColumnIndex() format.ColumnIndex {
	index := format.ColumnIndex{
		NullPages:     slices.Clone(u.nullPages),
		NullCounts:    slices.Clone(u.nullCounts),
		MinValues:     make([][]byte, len(u.nullPages)),
		MaxValues:     make([][]byte, len(u.nullPages)),
		BoundaryOrder: format.Unordered,
	}
	for page, null := range u.nullPages {
		index.MinValues[page] = []byte{}
		index.MaxValues[page] = []byte{}
		if !null {
			index.MaxValues[page] = []byte{0xff}
		}
	}
	return index
}
