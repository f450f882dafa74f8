package ratelimit

import "time"

const (
	// poll is how often a process that waits reads the ledger again. A place is taken for
	// two seconds after its call, so there is time.
	poll = 100 * time.Millisecond
	// grace is how late a process may be to take the place that it waits for.
	grace = 50 * time.Millisecond
	// giveWay is how long the others leave it the place before they look again.
	giveWay = 5 * time.Millisecond
)

// process is another process that shares the budget.
type process struct {
	seen    time.Time // when it last wrote
	waiting time.Time // it waits for a place, and will look for one before this time
}

// yields reports whether a free place belongs to another process: one that waits and has
// less than an equal share, while this one has its share. Without the rule, the process
// that wakes first takes all places that become free at once, and has them again a
// window later.
func (b *budget) yields(now time.Time) bool {
	waiting := 0
	for _, p := range b.processes {
		if p.waiting.After(now) {
			waiting++
		}
	}
	if waiting == 0 {
		return false
	}
	held := make(map[string]int)
	for _, c := range b.calls {
		if c.done.IsZero() || b.free(c).After(now) {
			held[c.owner]++
		}
	}
	places := max(1, b.limit-b.expect(now))
	share := (places + waiting) / (waiting + 1) // rounded up
	if held[""] < share {
		return false
	}
	for name, p := range b.processes {
		if p.waiting.After(now) && held[name] < share {
			return true
		}
	}
	return false
}
