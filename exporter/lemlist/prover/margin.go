package prover

import "time"

// Margin is what the argument allows for the clocks, caches and replicas of real
// servers: docs/walk.md says what each number covers.
type Margin struct {
	// Lookback is how far below the newest time that it must reach a full walk looks for
	// rows that moved.
	Lookback time.Duration
	// Settle is how long the responses of different servers or caches may lie apart.
	Settle time.Duration
}

// Watermark is how far an earlier walk has proven a list.
type Watermark struct {
	// Newest is the newest version that walk saw.
	Newest time.Time
	// Total is the number of rows at its end; nil when unknown.
	Total *int64
	// Floor is down to where the next walk has to go: zero is Newest.
	Floor time.Time
	// Known is how many rows as new as Floor the earlier walk had when it ended; nil when
	// unknown.
	Known *int64
}
