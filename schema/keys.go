package schema

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"math"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// IDHash stands for an id in this process: 128 bits that follow from the id and
// from seeds that no one else knows, so that no input can make two ids collide.
type IDHash [2]uint64

// idSeeds are those of HashID.
var idSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()} //nolint:gochecknoglobals // made once, never changed

// HashID returns the hash of an id, for use where the id itself would take too much memory.
func HashID(id string) IDHash {
	return IDHash{maphash.String(idSeeds[0], id), maphash.String(idSeeds[1], id)}
}

// HashPart returns the first half of the hash of an id, in half the time.
func HashPart(id string) uint64 { return maphash.String(idSeeds[0], id) }

// Compare orders hashes. The order says nothing of the ids.
func (h IDHash) Compare(other IDHash) int {
	if c := cmp.Compare(h[0], other[0]); c != 0 {
		return c
	}
	return cmp.Compare(h[1], other[1])
}

// NoVersion is the version of a row whose version column is null, and of every row
// of a table without one: older than all others.
const NoVersion = math.MinInt64

// RowKey is the place of a row in a file: newest version first, then by id.
type RowKey struct {
	// Version is the version column in microseconds, or NoVersion.
	Version int64
	ID      string
}

// Compare orders keys as files order rows.
func (k RowKey) Compare(other RowKey) int {
	if c := cmp.Compare(other.Version, k.Version); c != 0 {
		return c
	}
	return cmp.Compare(k.ID, other.ID)
}

// Keys are the keys of the rows of one record. They are valid as long as the record.
type Keys struct {
	ids      *array.String
	versions *array.Timestamp // nil in a table without versions
	hashes   []IDHash         // nil until Hashed
}

// keysOf implements Table.Keys.
func keysOf(t *Table, rec arrow.Record) (Keys, error) {
	if int(rec.NumCols()) != len(t.Columns) {
		return Keys{}, fmt.Errorf("a record with %d columns, not %d", rec.NumCols(), len(t.Columns))
	}
	_, id, _ := t.ByRole(RoleKey)
	ids, ok := rec.Column(id).(*array.String)
	if !ok {
		return Keys{}, fmt.Errorf("a record whose key column is %s", rec.Column(id).DataType())
	}
	_, version, versioned := t.ByRole(RoleVersion)
	if !versioned {
		return Keys{ids: ids}, nil
	}
	versions, ok := rec.Column(version).(*array.Timestamp)
	if !ok {
		return Keys{}, fmt.Errorf("a record whose version column is %s", rec.Column(version).DataType())
	}
	return Keys{ids: ids, versions: versions}, nil
}

// Hashed returns the keys with the hashes of all ids computed, so that Hash only looks
// them up.
func (k Keys) Hashed() Keys {
	k.hashes = make([]IDHash, k.Len())
	for row := range k.hashes {
		k.hashes[row] = HashID(k.ids.Value(row))
	}
	return k
}

// Len is the number of rows.
func (k Keys) Len() int {
	if k.ids == nil {
		return 0
	}
	return k.ids.Len()
}

// At is the key of a row. Its id shares the memory of the record.
func (k Keys) At(row int) RowKey { return RowKey{Version: k.Version(row), ID: k.ids.Value(row)} }

// ID is the id of a row; it shares the memory of the record.
func (k Keys) ID(row int) string { return k.ids.Value(row) }

// Version is the version of a row in microseconds, or NoVersion.
func (k Keys) Version(row int) int64 {
	if k.versions == nil || k.versions.IsNull(row) {
		return NoVersion
	}
	return int64(k.versions.Value(row))
}

// Hash is the hash of the id of a row.
func (k Keys) Hash(row int) IDHash {
	if k.hashes != nil {
		return k.hashes[row]
	}
	return HashID(k.ids.Value(row))
}
