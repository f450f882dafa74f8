package prover

import (
	"fmt"
	"math"
	"time"
)

// lost counts the conversations alive during the whole walk that were not found.
func (m *model) lost(found union) int { return m.lostWithin(found, math.MaxInt64) }

// lostWithin leaves out those that moved during a sweep, with a time older than the moment by
// more than that.
func (m *model) lostWithin(found union, lookback time.Duration) int {
	lost := 0
	for id := range m.first {
		if _, ok := found[modelID(id)]; !ok && !m.deleted[id] && m.backdated[id] <= lookback {
			lost++
		}
	}
	return lost
}

// stale says how the rows found differ from the list as it is at the end: the
// stronger promise of seams and sweeps.
func (m *model) stale(found union) string { return m.staleWithin(found, math.MaxInt64) }

// staleWithin leaves out those that moved during a sweep, with a time older than the moment by
// more than that.
func (m *model) staleWithin(found union, lookback time.Duration) string {
	for _, row := range m.list {
		at, ok := found[modelID(row.id)]
		switch {
		case m.backdated[row.id] > lookback:
		case !ok:
			return fmt.Sprintf("a conversation in the list at the end is missing (born in the walk: %v)", !m.first[row.id])
		case at != row.at*1000:
			return "a conversation is not in its newest version"
		}
	}
	return ""
}
