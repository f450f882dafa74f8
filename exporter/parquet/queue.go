package parquet

import "slices"

// queue holds what was decoded and waits to be taken, in order.
type queue[T any] struct {
	all   []T
	taken int
}

func (q *queue[T]) clear() { q.all, q.taken = q.all[:0], 0 }

// len is how many wait.
func (q *queue[T]) len() int { return len(q.all) - q.taken }

// waiting are those that wait.
func (q *queue[T]) waiting() []T { return q.all[q.taken:] }

// take takes the first n. They are good until others are added.
func (q *queue[T]) take(n int) []T {
	first := q.taken
	q.taken += n
	return q.all[first:q.taken]
}

// add makes room for n more, moving those that wait over those that were taken.
func (q *queue[T]) add(n int) []T {
	waiting := copy(q.all, q.waiting())
	q.all, q.taken = slices.Grow(q.all[:waiting], n)[:waiting+n], 0
	return q.all[waiting:]
}

// grown has so many elements, in the memory of a slice whose content does not matter.
func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }
