package arrowipc

import (
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// budget is an allocator that panics when a batch wants more than its share:
// sizes come from the file, and memory that the system does not have ends the
// process.
type budget struct {
	memory.Allocator
	left, most int
}

// newBudget has room for the bytes of a batch, and for as many that come of them.
func newBudget(from *exporter.Budget) *budget {
	return &budget{Allocator: memory.NewGoAllocator(), most: int(2 * from.Waiting())}
}

// reset begins another batch.
func (b *budget) reset() { b.left = b.most }

// Allocate implements memory.Allocator.
func (b *budget) Allocate(size int) []byte {
	b.take(size)
	return b.Allocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.take(size - len(old))
	return b.Allocator.Reallocate(size, old)
}

func (b *budget) take(size int) {
	if size > b.left {
		panic(exporter.TooLarge("a record batch that needs more than %s", humanize.IBytes(uint64(b.most))))
	}
	b.left -= max(size, 0)
}
