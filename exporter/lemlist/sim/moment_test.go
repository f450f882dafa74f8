package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// hand is a clock that a test moves.
type hand struct{ at time.Time }

func (h *hand) now() time.Time { return h.at }

func (h *hand) pass(d time.Duration) { h.at = h.at.Add(d) }

// moments is a team of one user with a clock of the data that the test moves.
func moments(t *testing.T, o sim.Options) (*api, *hand, string) {
	t.Helper()
	clock := &hand{time.Date(2026, time.May, 4, 3, 2, 1, 500_000_000, time.UTC)}
	o.Clock = clock.now
	o.Users = max(1, o.Users)
	a := start(t, unlimited(o))
	return a, clock, a.sim.UserIDs()[0]
}

func TestTheClockOfTheDataCanBeGiven(t *testing.T) {
	a, clock, _ := moments(t, sim.Options{Conversations: 200, Span: time.Hour})
	rows, began := a.sim.Conversations(), clock.at
	if newest, oldest := rows[0].LastActivityAt, rows[199].LastActivityAt; !newest.Before(began) || newest.Before(began.Add(-5*time.Minute)) ||
		oldest.Before(began.Add(-2*time.Hour)) || oldest.After(began.Add(-30*time.Minute)) {
		t.Errorf("rows from %v to %v at %v", oldest, newest, began)
	}
	clock.pass(time.Minute)
	a.sim.Move(sim.Movement{Kind: sim.Jump, Position: 50})
	if at := a.sim.Conversations()[0].LastActivityAt.Sub(began); at < time.Minute || at > time.Minute+10*time.Millisecond {
		t.Errorf("a jump a minute later has the time of %v later", at)
	}
}

func TestARowMayBeDatedAhead(t *testing.T) {
	a, clock, _ := moments(t, sim.Options{Conversations: 20, Ahead: time.Hour})
	if rows := a.sim.Conversations(); rows[0].LastActivityAt.Sub(clock.at) < 50*time.Minute || rows[1].LastActivityAt.After(clock.at) {
		t.Errorf("the newest are of %v and %v at %v", rows[0].LastActivityAt, rows[1].LastActivityAt, clock.at)
	}
}

// stamped makes 200 jumps, a second apart, and returns how far the time of each lies
// behind the moment it became visible at.
func stamped(t *testing.T, stamps sim.Stamps, reads int) []time.Duration {
	a, clock, user := moments(t, sim.Options{Conversations: 400, Stamps: stamps})
	for range reads {
		a.first(user, 1)
	}
	var behind []time.Duration
	for range 200 {
		clock.pass(time.Second)
		a.sim.Move(sim.Movement{Kind: sim.Jump, Position: 399})
		events := a.sim.Events()
		behind = append(behind, clock.at.Sub(events[len(events)-1].At).Round(10*time.Millisecond))
	}
	return behind
}

func count[T any](all []T, holds func(T) bool) (n int) {
	for _, one := range all {
		if holds(one) {
			n++
		}
	}
	return n
}

func TestStamps(t *testing.T) {
	t.Run("exact", func(t *testing.T) {
		expect(t, "late", slices.Max(stamped(t, sim.Stamps{}, 0)), 0)
	})
	t.Run("off by up to 3 s, either way", func(t *testing.T) {
		behind := stamped(t, sim.Stamps{Off: 3 * time.Second}, 0)
		if low, high := slices.Min(behind), slices.Max(behind); low < -3*time.Second || low > -2*time.Second || high > 3*time.Second || high < 2*time.Second {
			t.Errorf("from %v to %v", low, high)
		}
	})
	t.Run("a tenth up to two minutes late", func(t *testing.T) {
		behind := stamped(t, sim.Stamps{Late: 2 * time.Minute, LateShare: 0.1}, 0)
		late := count(behind, func(d time.Duration) bool { return d > time.Second })
		if late < 8 || late > 40 || slices.Max(behind) > 2*time.Minute || slices.Max(behind) < time.Minute {
			t.Errorf("%d of 200 late, by up to %v", late, slices.Max(behind))
		}
	})
	t.Run("half of them cut to the second", func(t *testing.T) { // the moments end in .5
		cut := count(stamped(t, sim.Stamps{Cut: 0.5}, 0), func(d time.Duration) bool { return d == 500*time.Millisecond })
		if cut < 70 || cut > 130 {
			t.Errorf("%d of 200 are cut", cut)
		}
	})
	t.Run("a clock steps back before the third read", func(t *testing.T) {
		back := sim.Stamps{Back: 10 * time.Second, BackAt: 3}
		expect(t, "before", slices.Max(stamped(t, back, 2)), 0)
		expect(t, "after", slices.Min(stamped(t, back, 3)), 10*time.Second)
	})
}

func TestAnActivityNeverLowersATime(t *testing.T) {
	a, clock, _ := moments(t, sim.Options{Conversations: 5, Stamps: sim.Stamps{Late: time.Hour, LateShare: 1}})
	for range 50 {
		clock.pass(time.Second)
		before := a.sim.Conversations()
		a.sim.Move(sim.Movement{Kind: sim.Jump, Position: 2})
		history := a.sim.History(before[2].ID)
		if at := history[len(history)-1].LastActivityAt; at.Before(before[2].LastActivityAt) {
			t.Fatalf("%v became %v", before[2].LastActivityAt, at)
		}
	}
}

func TestReplicasLag(t *testing.T) {
	a, clock, user := moments(t, sim.Options{Conversations: 30, Replicas: 3, ReplicaLag: 2 * time.Second})
	old := a.sim.Conversations()
	a.sim.Move(sim.Movement{Kind: sim.Jump, Position: 20}, sim.Movement{Kind: sim.Delete, Position: 5}, sim.Movement{Kind: sim.Insert})
	seen := func() (fresh, stale int) {
		for range 60 {
			switch p := a.first(user, 1); p.Data[0].ID {
			case old[0].ID:
				stale++
			case a.sim.Conversations()[0].ID:
				fresh++
			default:
				t.Errorf("the first row is %s", p.Data[0].ID)
			}
		}
		return fresh, stale
	}
	for _, test := range []struct {
		pass     time.Duration
		replicas int // that know
	}{{500 * time.Millisecond, 1}, {time.Second, 2}, {time.Second, 3}} {
		clock.pass(test.pass)
		fresh, stale := seen()
		if test.replicas == 3 && stale > 0 || test.replicas < 3 && (fresh < 8*test.replicas || stale < 8*(3-test.replicas)) {
			t.Errorf("%d replicas know it: %d answers know it, %d do not", test.replicas, fresh, stale)
		}
	}
	expect(t, "rows", len(a.first(user, 100).Data), 30)
}

func TestCaches(t *testing.T) {
	for cache, fresh := range map[sim.Cache][3]bool{ // page 1, page 2, page 1 of the other user
		sim.CacheNone:        {true, true, true},
		sim.CachePages:       {false, false, true},
		sim.CacheFirstPage:   {false, true, true},
		sim.CacheSharedPages: {false, false, false},
	} {
		t.Run(string(cache), func(t *testing.T) {
			a, clock, user := moments(t, sim.Options{Users: 2, Conversations: 40, Cache: cache, CacheFor: 2 * time.Second, PageSize: 5})
			get := func(query string) string { return a.get("/inbox?userId=" + query).body }
			first, second := get(user), get(user+"&page=2")
			a.sim.Move(sim.Movement{Kind: sim.Delete, Position: 0, User: user})
			clock.pass(time.Second)
			got := [3]bool{get(user) != first, get(user+"&page=2") != second, get(a.sim.UserIDs()[1]) != first}
			expect(t, "fresh", got, fresh)
			clock.pass(time.Second)
			if get(user) == first || get(user+"&page=2") == second {
				t.Error("a page is kept for more than 2 seconds")
			}
		})
	}
	t.Run("one list for all users", func(t *testing.T) {
		a, _, user := moments(t, sim.Options{Users: 2, Conversations: 40, Cache: sim.CacheOneUser})
		first, other := a.first(user, 100), a.first(a.sim.UserIDs()[1], 100)
		expect(t, "rows equal", slices.Equal(first.ids(), other.ids()), true)
		expect(t, "rows", len(other.Data), len(a.sim.List(user)))
	})
}
