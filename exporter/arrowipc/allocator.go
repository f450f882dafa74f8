package arrowipc

import (
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// allocator panics when a batch needs more than its share:
// sizes come from the file, and memory that the system does not have ends the
// process.
type allocator struct {
	memory.Allocator
	left, most int
}

// newAllocator has room for the bytes of a batch, and for as many after decompression.
func newAllocator(from *exporter.Budget) *allocator {
	return &allocator{Allocator: memory.NewGoAllocator(), most: int(2 * from.Waiting())}
}

// reset begins another batch.
func (b *allocator) reset() { b.left = b.most }

// Allocate implements memory.Allocator.
func (b *allocator) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (b *allocator) Reallocate(size int, old []byte) []byte {
	b.take(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

func (b *allocator) take(size int) {
	if size > b.left {
		panic(exporter.TooLarge("a record batch that needs more memory than %s", humanize.IBytes(uint64(b.most))))
	}
	b.left -= max(size, 0)
}
