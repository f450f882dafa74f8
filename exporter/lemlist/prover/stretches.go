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
	ats := make([]int64, 0, t.len())
	for i, key := range t.keys {
		if key != 0 {
			ats = append(ats, t.ats[i])
		}
	}
	slices.Sort(ats)
	return slices.ContainsFunc(stretches, func(s stretch) bool {
		if s.head <= s.tail {
			return false
		}
		from, _ := slices.BinarySearch(ats, s.tail+1)
		to, _ := slices.BinarySearch(ats, s.head)
		return int64(to-from) > s.rows
	})
}
