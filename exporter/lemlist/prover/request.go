package prover

import "time"

// Request names a page to read: of the list's requests it is the number'th of
// its segment, counted from 1. Sweeps, checks and passes are segment 0.
type Request struct {
	Segment int
	Number  int64
	Page    int64
	// Size is the limit to ask for; 0 is that of the walk.
	Size int64
	// After is when it may be sent; zero is at once.
	After time.Time
}

// Same reports whether two requests are one, whenever it is sent.
func (q Request) Same(other Request) bool {
	other.After = q.After
	return q == other
}
