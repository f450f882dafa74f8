package prover

import (
	"cmp"
	"slices"
)

// stretch is a part of the list that a check or a sweep showed again: all rows that are
// older than head and newer than tail.
type stretch struct{ head, tail, rows int64 }

// stretchOf is the stretch of a page, as far as it is older than floor.
func stretchOf(r Page, floor int64) stretch {
	if len(r.Rows) == 0 {
		return stretch{}
	}
	s := stretch{head: min(r.Rows[0].At, floor), tail: r.Rows[len(r.Rows)-1].At}
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
	sorted := slices.SortedFunc(slices.Values(stretches), func(a, b stretch) int { return cmp.Compare(b.head, a.head) })
	var apart []stretch
	for _, s := range sorted {
		if s.head > s.tail && (len(apart) == 0 || s.head <= apart[len(apart)-1].tail) {
			apart = append(apart, s)
		}
	}
	known := make([]int64, len(apart))
	for i, key := range t.keys {
		at := t.ats[i]
		j, _ := slices.BinarySearchFunc(apart, at, func(s stretch, at int64) int { return cmp.Compare(at, s.tail) })
		if key != 0 && j < len(apart) && at > apart[j].tail && at < apart[j].head {
			known[j]++
		}
	}
	for i, s := range apart {
		if known[i] > s.rows {
			return true
		}
	}
	return false
}
