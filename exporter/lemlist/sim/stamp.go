package sim

import (
	"errors"
	"time"
)

// Stamps says how the time that an activity gets differs from the moment at which
// it becomes visible. The zero value is one exact clock. Whatever the stamp, an
// activity never lowers a row's lastActivityAt; the kind Age does.
type Stamps struct {
	// Off gives every activity a time that is off by up to this, either way, as
	// servers do whose clocks differ.
	Off time.Duration
	// Late dates LateShare of the activities up to this long ago: mails carry the
	// date of their sender, and imports come late.
	Late      time.Duration
	LateShare float64
	// Cut is the share of the activities whose time is cut to the second.
	Cut float64
	// Back is how far the clock steps back, once, before read number BackAt. It goes
	// on from there.
	Back   time.Duration
	BackAt int
}

func (s Stamps) check() error {
	return errors.Join(
		within("Stamps.Off", s.Off, 0, 24*time.Hour), within("Stamps.Late", s.Late, 0, 1000*24*time.Hour),
		within("Stamps.LateShare", s.LateShare, 0, 1), within("Stamps.Cut", s.Cut, 0, 1),
		within("Stamps.Back", s.Back, 0, 24*time.Hour), within("Stamps.BackAt", s.BackAt, 0, 1<<40),
	)
}

// of is the time that an activity gets at a moment of the world's clock.
func (s Stamps) of(at int64, step int, dice stream) int64 {
	if step >= s.BackAt {
		at -= s.Back.Milliseconds()
	}
	at += int64((2*dice.fraction() - 1) * float64(s.Off.Milliseconds()))
	if late := dice.fraction(); dice.fraction() < s.LateShare {
		at -= int64(late * float64(s.Late.Milliseconds()))
	}
	if dice.fraction() < s.Cut {
		at -= at % 1000
	}
	return at
}
