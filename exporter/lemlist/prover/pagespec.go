package prover

// pageSpec is a page by its number and size.
type pageSpec struct{ page, size int64 }

// around is the page of at most so many rows that reaches furthest to both sides
// of a place in the list. A list is read in pages of one size; other sizes make
// pages that lie across the borders of those. It reports false when no page does.
func around(place, most int64) (pageSpec, bool) {
	best, reach := pageSpec{1, most}, int64(0)
	for size := most; size > 1 && reach < size/2; size-- {
		page := place/size + 1
		before := place - (page-1)*size
		if reaches := min(before, size-before); reaches > reach {
			best, reach = pageSpec{page, size}, reaches
		}
	}
	return best, reach > 0
}

// onward is the page that reaches furthest down from a place and begins some
// rows above it at the least.
func onward(place, most int64) pageSpec {
	best, end := pageSpec{1, most}, int64(0)
	for size := most; size > most/2; size-- {
		page := max(place-max(most/25, 1), 0)/size + 1
		if page*size > end {
			best, end = pageSpec{page, size}, page*size
		}
	}
	return best
}
