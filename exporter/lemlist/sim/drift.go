package sim

import (
	"errors"
	"time"
)

// Drift moves rows between reads of lists. Rates are expected numbers per read
// and start before the second read; 0.1 is one movement every ten reads. Which
// rows move depends on the seed and the number of the read alone.
type Drift struct {
	Jumps, Inserts, Deletes, Edits float64
	// Ages, Vanishes and Hands are rates of the movements that break what a reader
	// may take for granted.
	Ages, Vanishes, Hands float64
	// AgeBy is how far a row's lastActivityAt falls by Age: 0 means an hour.
	AgeBy time.Duration
	// Away is for how many reads a row that vanished stays away: 0 means 5.
	Away int
	// Between is the share of a read's movements that fall between its two queries,
	// see Options.Queries. At 10 requests a second and a delay of 30 ms between the
	// queries it is 0.3.
	Between float64
	// Until stops the rates after this read; 0 means never.
	Until int
	// Script gives the movements before read number step, counted from 1 over all
	// users; nil means none. It is called once a read, in order, while the
	// server is locked: it must not call the server.
	Script func(step int) []Movement
	// Resolution is how finely the times of moved rows tell: 0 means one
	// millisecond. With one second many rows share a time, and one that jumps may
	// come to stand below rows of the same time.
	Resolution time.Duration
}

func (d Drift) moves() bool {
	return d.Jumps > 0 || d.Inserts > 0 || d.Deletes > 0 || d.Edits > 0 || d.Script != nil ||
		d.Ages > 0 || d.Vanishes > 0 || d.Hands > 0
}

func (d Drift) check() error {
	const most = 10_000
	return errors.Join(
		within("Drift.Jumps", d.Jumps, 0, most), within("Drift.Inserts", d.Inserts, 0, most),
		within("Drift.Deletes", d.Deletes, 0, most), within("Drift.Edits", d.Edits, 0, most),
		within("Drift.Ages", d.Ages, 0, most), within("Drift.Vanishes", d.Vanishes, 0, most), within("Drift.Hands", d.Hands, 0, most),
		within("Drift.AgeBy", d.AgeBy, 0, 10_000*24*time.Hour), within("Drift.Away", d.Away, 0, 1_000_000),
		within("Drift.Between", d.Between, 0, 1),
		within("Drift.Resolution", d.Resolution, time.Millisecond, time.Hour),
	)
}

// Kind is a kind of movement.
type Kind string

// The kinds of movement. The first three are what lemlist is believed to do; the
// others break what a reader may take for granted.
const (
	Jump    Kind = "jump"    // new activity: a newer lastActivityAt, so the row goes to the top
	Insert  Kind = "insert"  // a new conversation appears at the top
	Delete  Kind = "delete"  // a conversation disappears
	Restore Kind = "restore" // the conversation deleted last is back where it was
	Edit    Kind = "edit"    // the row changes (someone has read it) but lastActivityAt does not
	Age     Kind = "age"     // lastActivityAt falls by Drift.AgeBy: the row sinks
	Vanish  Kind = "vanish"  // the conversation disappears, and is restored Drift.Away reads later
	Hand    Kind = "hand"    // the conversation goes from each of its users to the next one, without an activity
)

// Movement is one change of the team's conversations. Every Position is good:
// it counts modulo the length of the list, so a shrunk script stays a script.
type Movement struct {
	Kind Kind
	// ID is the row that moves; "" means the one at Position. An id that is not
	// there (or, for Restore, is there) moves nothing.
	ID string
	// Position counts from the top of the list of User, or of the whole team when
	// User is "".
	Position int
	User     string
}

// Event is a movement that took place.
type Event struct {
	Kind Kind
	ID   string
	// Step is the number of the first read that could see it.
	Step int
	// At is the row's lastActivityAt after it.
	At time.Time
}

// absence is a row that vanished, and the read before which it is back.
type absence struct {
	n    uint32
	back int
}
