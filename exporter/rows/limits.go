package rows

// Limits are what a budget of memory is spent on: bytes, not rows, so that large
// rows take no more.
type Limits struct {
	// batch bounds a record on its way to a sink; there are about ten of them, those
	// included that a merge copies rows from. One row alone may be larger.
	batch int
	// segment is about the size of a segment of a sorter, of which a merge holds
	// mergeWidth. Reading and writing small ones costs more than their rows.
	segment int
	// waiting is the most that the pages of all runs take before they are segments. Rows
	// that take less are not written to a file at all.
	waiting int
	// filtered is the number of index entries that a filter of [Index.Losers] is made for.
	filtered int
	// Share is the number of index entries, of 40 bytes, that are sorted at once.
	Share int
}

// LimitsOf spends a budget of so many bytes.
func LimitsOf(memory int64) Limits {
	return Limits{
		batch:    int(min(memory/32, 4<<20)),
		segment:  int(min(memory/256, 1<<20)),
		waiting:  int(memory / 16),
		filtered: int(memory / 128),
		Share:    int(memory / 1024),
	}
}
