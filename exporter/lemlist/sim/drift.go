package sim

import (
	"errors"
	"slices"
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

// advance makes the movements that come before the current step, and returns those
// that fall between its two queries. The world must be locked.
func (w *world) advance() (between []Movement) {
	for len(w.away) > 0 && w.away[0].back <= w.step {
		n := w.away[0].n
		w.away = w.away[1:]
		w.move(Movement{Kind: Restore, ID: string(w.content.appendID(nil, n))}, w.step)
	}
	if w.drift.Script != nil {
		for _, m := range w.drift.Script(w.step) {
			w.move(m, w.step)
		}
	}
	if w.step < 2 || w.drift.Until > 0 && w.step > w.drift.Until {
		return nil
	}
	dice, places := newStream(w.seed, topicDrift, uint64(w.step), 0), newStream(w.seed, topicBetween, uint64(w.step), 0)
	for _, rate := range []struct {
		kind  Kind
		times float64
	}{{Jump, w.drift.Jumps}, {Insert, w.drift.Inserts}, {Delete, w.drift.Deletes}, {Edit, w.drift.Edits},
		{Age, w.drift.Ages}, {Vanish, w.drift.Vanishes}, {Hand, w.drift.Hands}} {
		for range dice.times(rate.times) {
			m := Movement{Kind: rate.kind, Position: int(dice.next() >> 2)}
			if w.queries != QueriesAtomic && places.fraction() < w.drift.Between {
				between = append(between, m)
				continue
			}
			w.move(m, w.step)
		}
	}
	return between
}

// moveAll makes movements that are first seen by read number step. The world must be locked.
func (w *world) moveAll(movements []Movement, step int) {
	for _, m := range movements {
		w.move(m, step)
	}
}

// move makes one movement, first seen by read number step. The world must be locked.
func (w *world) move(m Movement, step int) {
	if w.now == nil {
		w.clock += tickPerMovement
	} else {
		w.clock++
	}
	now := w.stamp()
	n, ok := w.target(m)
	if !ok {
		return
	}
	old := w.rows[n]
	changed := old
	switch m.Kind {
	case Insert:
		changed = row{created: now, last: now}
	case Jump:
		changed.last = max(old.last, now)
		changed.version++
	case Edit:
		changed.version++
	case Age:
		changed.last -= w.drift.AgeBy.Milliseconds()
		changed.version++
	case Hand:
		changed.shift++
		changed.version++
	case Delete:
		changed.gone = true
		w.dead = append(w.dead, n)
	case Vanish:
		changed.gone = true
		w.away = append(w.away, absence{n, step + w.drift.Away})
	case Restore:
		changed.gone = false
		w.dead = slices.DeleteFunc(w.dead, func(dead uint32) bool { return dead == n })
	}
	w.place(n, changed)
	w.replicas.remember(n, changed, w.clock)
	w.remember(n, m.Kind, old, changed, step)
}

// target returns the row that m is about.
func (w *world) target(m Movement) (uint32, bool) {
	if _, fixed := w.content.(*fixture); fixed && m.Kind != Delete && m.Kind != Vanish && m.Kind != Restore {
		return 0, false
	}
	switch {
	case m.Kind == Insert:
		if len(w.rows) >= maxConversations {
			return 0, false
		}
		w.rows = append(w.rows, row{gone: true})
		return uint32(len(w.rows) - 1), true
	case m.ID != "":
		n, ok := w.content.number(m.ID)
		return n, ok && int(n) < len(w.rows) && w.rows[n].gone == (m.Kind == Restore)
	case m.Kind == Restore:
		if len(w.dead) == 0 {
			return 0, false
		}
		return w.dead[len(w.dead)-1], true
	}
	from := &w.team
	if user := slices.Index(w.content.userIDs(), m.User); user >= 0 {
		from = w.listOf(user)
	}
	if from.length == 0 {
		return 0, false
	}
	return from.at(int(uint(m.Position) % uint(from.length))), true
}
