package arrowipc

import "github.com/apache/arrow/go/v15/arrow/memory"

// batchBytes bounds the memory of one record batch. Ours need some megabytes;
// only one row of such a size could come near it.
const batchBytes = 256 << 20

// budget is an allocator that panics when a batch wants more than its share:
// sizes come from the file, and memory that the system does not have ends the
// process.
type budget struct {
	memory.Allocator
	left int
}

func newBudget() *budget {
	return &budget{Allocator: memory.NewGoAllocator(), left: batchBytes}
}

// reset begins another batch.
func (b *budget) reset() { b.left = batchBytes }

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
		panic("a record batch that needs more than 256 MiB")
	}
	b.left -= max(size, 0)
}
