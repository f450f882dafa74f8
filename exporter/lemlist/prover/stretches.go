package prover

import "slices"

// stretch is a part of the list that a check or a sweep showed again: so many rows that are
// older than head and newer than tail.
type stretch struct{ head, tail, rows int64 }

// stretchOf is the stretch of a page.
func stretchOf(r Page) stretch {
	if len(r.Rows) == 0 {
		return stretch{}
	}
	s := stretch{head: r.Rows[0].At, tail: r.Rows[len(r.Rows)-1].At}
	for _, row := range r.Rows {
		if row.At < s.head && row.At > s.tail {
			s.rows++
		}
	}
	return s
}

// rowGone reports whether a row that was seen in one of the stretches was not there when
// the stretch was shown again, and has not been seen anywhere else.
func rowGone(t *rowTable, stretches []stretch) bool {
	var borders []int64 // the times at which a stretch begins or ends
	for _, s := range stretches {
		borders = append(borders, s.tail, s.head)
	}
	slices.Sort(borders)
	borders = slices.Compact(borders)
	if len(borders) == 0 {
		return false
	}
	// upTo[2i] counts the rows from the oldest border to border i, upTo[2i+1] those below border i+1, too.
	upTo := make([]int64, 2*len(borders))
	for row := range t.all() {
		switch i, at := slices.BinarySearch(borders, row.at); {
		case at:
			upTo[2*i]++
		case i > 0:
			upTo[2*i-1]++
		}
	}
	for i := range len(upTo) - 1 {
		upTo[i+1] += upTo[i]
	}
	return slices.ContainsFunc(stretches, func(s stretch) bool {
		if s.head <= s.tail {
			return false
		}
		tail, _ := slices.BinarySearch(borders, s.tail)
		head, _ := slices.BinarySearch(borders, s.head)
		return upTo[2*head-1]-upTo[2*tail] > s.rows
	})
}
