package rows

import (
	"math/bits"

	"github.com/lemexport/lemexport/schema"
)

// bloomBits is how many bits a filter has for each id: about 1 in 16 ids that are
// not in the set pass.
const bloomBits = 16

// BloomFilter is a set of ids in few enough bits to stay in the processor's cache: it
// tells of most ids that they are not in the set, and of none that is in it.
type BloomFilter []uint64

// NewBloomFilter returns an empty filter for so many ids.
func NewBloomFilter(ids int) BloomFilter {
	words := (ids*bloomBits + 63) / 64
	return make(BloomFilter, 1<<bits.Len(uint(max(words-1, 0))))
}

// Add puts an id into the filter.
func (s BloomFilter) Add(id schema.IDHash) { s[id[0]>>6&uint64(len(s)-1)] |= 1 << (id[0] % 64) }

// Passes reports whether the id may be in the set.
func (s BloomFilter) Passes(id schema.IDHash) bool { return s.PassesPart(id[0]) }

// PassesPart is Passes of an id of which only the [schema.HashPart] is known.
func (s BloomFilter) PassesPart(part uint64) bool {
	return s[part>>6&uint64(len(s)-1)]>>(part%64)&1 != 0
}
