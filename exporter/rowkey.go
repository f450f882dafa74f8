package exporter

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/schema"
)

// IDHash stands for an id in this process: 128 bits that follow from the id and
// from seeds that no one else knows, so that no input makes two ids one.
type IDHash [2]uint64

// idSeeds are those of HashID.
var idSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()} //nolint:gochecknoglobals // made once, never changed

// HashID returns what stands for an id where the id itself would take too much memory.
func HashID(id string) IDHash {
	return IDHash{maphash.String(idSeeds[0], id), maphash.String(idSeeds[1], id)}
}

// Compare is the order of hashes, which says nothing of the ids.
func (h IDHash) Compare(other IDHash) int {
	if c := cmp.Compare(h[0], other[0]); c != 0 {
		return c
	}
	return cmp.Compare(h[1], other[1])
}

// neverActive is the version of a row without `last_activity_at`: older than all.
const neverActive = math.MinInt64

// rowKey is a row's place in a file: newest first, then by id.
type rowKey struct {
	version int64 // last_activity_at in microseconds, or neverActive
	id      string
}

func (a rowKey) compare(b rowKey) int {
	if c := cmp.Compare(b.version, a.version); c != 0 {
		return c
	}
	return cmp.Compare(a.id, b.id)
}

// keyColumns gives the keys of a record's rows.
type keyColumns struct {
	id       *array.String
	activity *array.Timestamp
}

func keysOf(table *schema.Table, rec arrow.Record) (keyColumns, error) {
	_, id, _ := table.Column("id")
	_, activity, _ := table.Column("last_activity_at")
	if int(rec.NumCols()) != len(table.Columns) {
		return keyColumns{}, fmt.Errorf("a record with %d columns, not %d", rec.NumCols(), len(table.Columns))
	}
	ids, okID := rec.Column(id).(*array.String)
	times, okTime := rec.Column(activity).(*array.Timestamp)
	if !okID || !okTime {
		return keyColumns{}, fmt.Errorf("a record whose key columns are %s and %s", rec.Column(id).DataType(), rec.Column(activity).DataType())
	}
	return keyColumns{ids, times}, nil
}

func (k keyColumns) at(row int) rowKey {
	return rowKey{version: k.version(row), id: k.id.Value(row)}
}

func (k keyColumns) version(row int) int64 {
	if k.activity.IsNull(row) {
		return neverActive
	}
	return int64(k.activity.Value(row))
}
