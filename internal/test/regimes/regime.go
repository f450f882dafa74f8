package main

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// regime is one way an API behaves.
type regime struct {
	name, about string
	// change makes the options of a well-behaved team into those of the regime.
	change func(o *sim.Options)
	// users is the least number of users it needs; 0 means 1.
	users int
	// pages fixes the number of pages of all lists, about, and the number of users at
	// what the regime needs: 0 means as the seed says.
	pages int
	// grace is how long before the last request of a list something may have changed
	// that the API did not show yet: the lag of a replica, the age of a cached page.
	grace time.Duration
	// twice exports the same team without the regime first, to the same place.
	twice bool
	// increments says that the regime lies within the margin of increments, and
	// beyond that it does not lie within that of a full walk: rows move after the first.
	increments, beyond bool
	// silent says that nothing the API says can show what is wrong: claims in it may
	// be wrong.
	silent bool
}

// team is what a seed makes. Regimes that ask for the same have the same teams.
type team struct {
	seed          uint64
	users         int
	conversations int
	page          int
}

// perUser is the share of the conversations that stand in a user's list, by the
// number of users: a third of them have more than one.
const perUser = 1.4

// team draws 1 to 3 users, 300 to 1,000 conversations, and pages of 10 to 100 rows so
// that there are 4 to 40 of them in all.
func (r regime) team(seed uint64) team {
	dice := rand.New(rand.NewPCG(seed, 0))
	t := team{seed: seed, users: 1 + dice.IntN(3), conversations: 300 + dice.IntN(701)}
	wanted := 4 + dice.IntN(33)
	t.users = max(t.users, r.users)
	if r.pages > 0 {
		t.users, wanted = max(1, r.users), r.pages
	}
	share := 1.0
	if t.users > 1 {
		share = perUser
	}
	if r.pages > 0 {
		t.conversations = min(t.conversations, int(float64(largest*wanted)/share))
	}
	t.page = min(max(10, int(math.Ceil(float64(t.conversations)*share/float64(wanted)))), largest)
	return t
}

// largest is the most rows that a page of a team can have.
const largest = 100

// latency is what every answer takes, and as much again at most.
const latency = 30 * time.Millisecond

// quiet are the options of a team at rest behind an API that behaves well.
func (t team) quiet(clock func() time.Time) sim.Options {
	return sim.Options{
		Users: t.users, Conversations: t.conversations, Seed: t.seed, LimitMax: t.page, PageSize: min(10, t.page),
		Latency: latency, Jitter: latency, Gzip: true, Clock: clock,
	}
}

// options are those of the team in the regime.
func (r regime) options(t team, clock func() time.Time) sim.Options {
	o := t.quiet(clock)
	if r.change != nil {
		r.change(&o)
	}
	return o
}

// regimes returns all of them, in the order of the table.
func regimes() []regime {
	all := controls()
	all = append(all, contradictions()...)
	all = append(all, totals()...)
	return append(all, margins()...)
}

// moving is the usual drift: mostly activity, now and then an entry or a deletion.
func moving(rate float64) sim.Drift {
	return sim.Drift{Jumps: rate, Inserts: rate / 3, Deletes: rate / 3}
}

// evenly moves, adds and deletes at the same rate.
func evenly(rate float64) sim.Drift {
	return sim.Drift{Jumps: rate, Inserts: rate, Deletes: rate}
}

// inbox strikes requests of the inbox list.
func inbox(rule sim.FaultRule) sim.FaultRule {
	rule.Path = "/api/inbox"
	return rule
}
