package main

import (
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// contradictions are regimes in which what the API says does not fit together.
func contradictions() []regime {
	faulty := func(name, about string, rules ...sim.FaultRule) regime {
		return regime{name: name, about: about, change: func(o *sim.Options) {
			for _, rule := range rules {
				o.Faults = append(o.Faults, inbox(rule))
			}
		}}
	}
	paged := func(pages int, r regime) regime {
		r.pages = pages
		return r
	}
	after := func(r regime) regime {
		r.twice = true
		return r
	}
	// A user is refused on a page in the middle of the list.
	onPage := func(name, about string, times int) regime {
		r := faulty(name, about, sim.FaultRule{Fault: sim.FaultNotInTeam, Page: 3, Times: times})
		r.users, r.pages = 2, 16
		return r
	}
	all := []regime{
		after(paged(1, faulty("emptied-page", "after an export of one page, the page is empty; the total stays", sim.FaultRule{Fault: sim.FaultDry}))),
		after(faulty("emptied", "after an export, every page is empty and the last; the totals stay", sim.FaultRule{Fault: sim.FaultDry})),
		faulty("emptied-midway", "the same, from request 8 of an export on", sim.FaultRule{Fault: sim.FaultDry, From: 8}),
		{name: "emptied-on", about: "from request 8 on, pages are empty and each names a next one", change: func(o *sim.Options) {
			o.PastEnd = sim.PastEndOn
			o.Faults = append(o.Faults, inbox(sim.FaultRule{Fault: sim.FaultNoRows, From: 8}))
		}},
		{name: "past-end-on", about: "the rows are all there, empty pages follow, each names a next one",
			change: func(o *sim.Options) { o.PastEnd = sim.PastEndOn }},
		paged(4, faulty("empty-page-once", "page 2 of 4 is empty, once", sim.FaultRule{Fault: sim.FaultNoRows, Page: 2, Times: 1})),
		paged(4, faulty("empty-page", "page 2 of 4 is empty, always", sim.FaultRule{Fault: sim.FaultNoRows, Page: 2})),
		paged(4, faulty("empty-pages", "pages 2 and 3 of 4 are empty, always",
			sim.FaultRule{Fault: sim.FaultNoRows, Page: 2}, sim.FaultRule{Fault: sim.FaultNoRows, Page: 3})),
		paged(12, faulty("short-page-once", "page 4 of 12 is four rows short, once", sim.FaultRule{Fault: sim.FaultShort, Page: 4, Times: 1})),
		paged(12, faulty("short-page", "page 4 of 12 is four rows short, always", sim.FaultRule{Fault: sim.FaultShort, Page: 4})),
		onPage("refused-once", "page 3 is refused with 400, User not in team, once", 1),
		onPage("refused-twice", "the same, twice", 2),
		onPage("refused", "the same, always", 0),
		{name: "refused-user", about: "every page of one user is refused with 400, User not in team", users: 2, change: func(o *sim.Options) {
			o.Faults = append(o.Faults, inbox(sim.FaultRule{Fault: sim.FaultNotInTeam, User: lastUser(*o)}))
		}},
	}
	return append(all, breaches()...)
}

// breaches move rows in ways that the argument excludes.
func breaches() []regime {
	drift := func(name, about string, users int, d sim.Drift) regime {
		return regime{name: name, about: about + ", a request", users: users, change: func(o *sim.Options) { o.Drift = d }}
	}
	const far = 200 * 24 * time.Hour
	return []regime{
		// A row that falls into the part of the list that was read before is exported as
		// it was then, which is all that is promised of it.
		lenient(time.Minute, drift("times-fall-0.1", "0.1 rows whose lastActivityAt falls by 200 days, 0.3 jumps", 1, sim.Drift{Ages: 0.1, AgeBy: far, Jumps: 0.3})),
		lenient(time.Minute, drift("times-fall-1", "1 such row", 1, sim.Drift{Ages: 1, AgeBy: far})),
		drift("handed-0.1", "0.1 conversations handed to another user", 2, sim.Drift{Hands: 0.1}),
		drift("handed-1", "1 conversation handed to another user", 2, sim.Drift{Hands: 1}),
		drift("vanish-0.1", "0.1 rows vanish, for 5 requests each", 1, sim.Drift{Vanishes: 0.1, Away: 5}),
		drift("vanish-0.5", "0.5 rows vanish, for 15 requests each, 0.3 jumps", 1, sim.Drift{Vanishes: 0.5, Away: 15, Jumps: 0.3}),
		{name: "cache-one-user", about: "a cache answers every user with the list of the one who asked first", users: 2,
			change: func(o *sim.Options) { o.Cache = sim.CacheOneUser }},
		{name: "cache-shared", about: "a cache keeps pages for 2 s and overlooks the user", users: 2, grace: 2*time.Second + slack,
			change: func(o *sim.Options) { o.Cache, o.CacheFor = sim.CacheSharedPages, 2*time.Second }},
		{name: "team-lists", about: "every user's list is the whole team's", users: 2, change: func(o *sim.Options) { o.Scope = sim.ScopeTeam }},
		{name: "times-unreadable", about: "no time can be read", change: func(o *sim.Options) { o.Times = sim.TimesUnreadable }},
		{name: "unsorted", about: "the order has nothing to do with activity", change: func(o *sim.Options) { o.Unsorted = true }},
	}
}

// lastUser returns the id of the team's last user.
func lastUser(o sim.Options) string {
	server, err := sim.New(sim.Options{Users: o.Users, Conversations: sim.None, Seed: o.Seed})
	if err != nil {
		panic(err) // the options are those of a team
	}
	users := server.UserIDs()
	return users[len(users)-1]
}

// lenient asks nothing of an export that changed so long before the last request.
func lenient(grace time.Duration, r regime) regime {
	r.grace = grace
	return r
}
