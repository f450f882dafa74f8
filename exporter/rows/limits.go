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
	// More of them are dealt into shares.
	filtered int
	// dealt is the bytes of the entries that wait to be written into their shares.
	dealt int
	// IDs is the most bytes of an index of a file that is verified which are in memory.
	IDs int
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
		dealt:    int(memory / 64),
		IDs:      int(memory / 8),
		Share:    int(memory / 1024),
	}
}

// leastDealt is the bytes of a share that are worth a write.
const leastDealt = 4 << 10

// shares is how many shares an index of so many rows is dealt into: few enough to write
// large blocks, unless a filter would be too small for a share.
func (l Limits) shares(rows int64) int64 {
	if rows <= int64(l.filtered) {
		return 1
	}
	of := func(most int) int64 { return (rows + int64(most) - 1) / int64(max(most, 1)) }
	return max(min(of(l.Share), int64(l.dealt/leastDealt)), of(max(l.filtered, l.Share)))
}
