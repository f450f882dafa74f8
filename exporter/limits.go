package exporter

import "cmp"

const (
	// DefaultMemory is the memory budget of an engine that has none, in bytes. With
	// the program itself it fits into a container of 256 MiB.
	DefaultMemory = 128 << 20
	// LeastMemory is the smallest budget that makes sense.
	LeastMemory = 32 << 20
)

// limits are what a budget of memory is spent on: bytes, not rows, so that large
// rows take no more.
type limits struct {
	// batch bounds a record on its way to a sink; there are about ten of them, those
	// included that a merge copies rows from. One row alone may be larger.
	batch int
	// segment is about the size of a segment of a sorter, of which a merge holds
	// mergeWidth. Reading and writing small ones costs more than their rows.
	segment int
	// waiting is the most that the pages of all runs take before they are segments.
	waiting int
	// share is the number of index entries, of 40 bytes, that are sorted at once.
	share int
}

func (e *Engine) limits() limits { return limitsOf(cmp.Or(e.Memory, DefaultMemory)) }

func limitsOf(memory int64) limits {
	return limits{
		batch:   int(min(memory/32, 4<<20)),
		segment: int(min(memory/256, 1<<20)),
		waiting: int(memory / 16),
		share:   int(memory / 1024),
	}
}
