package main

import "github.com/lemexport/lemexport/exporter/lemlist/sim"

// totals are regimes in which totalItems and the rows are not of one moment, or the
// total is wrong.
func totals() []regime {
	two := func(name, about string, queries sim.Queries, between float64, d sim.Drift) regime {
		return regime{name: name, about: about, change: func(o *sim.Options) {
			o.Queries, o.Drift = queries, d
			o.Drift.Between = between
		}}
	}
	const few, many = 0.05, 0.3 // of the movements, at 10 requests a second and 5 ms or 30 ms
	return []regime{
		two("count-first-5ms", "counts, 5 ms later finds; 0.3 jumps, entries and deletions", sim.QueriesCountFirst, few, evenly(0.3)),
		two("count-first-30ms", "counts, 30 ms later finds; the same", sim.QueriesCountFirst, many, evenly(0.3)),
		two("find-first-5ms", "finds, 5 ms later counts; the same", sim.QueriesFindFirst, few, evenly(0.3)),
		two("find-first-30ms", "finds, 30 ms later counts; the same", sim.QueriesFindFirst, many, evenly(0.3)),
		two("count-first-deletions", "counts, 30 ms later finds; 0.2 deletions", sim.QueriesCountFirst, many, sim.Drift{Deletes: 0.2}),
		two("find-first-deletions", "finds, 30 ms later counts; 0.2 deletions", sim.QueriesFindFirst, many, sim.Drift{Deletes: 0.2}),
		{name: "total-more", about: "totalItems is one too many, always", change: func(o *sim.Options) { o.Total = sim.TotalMore }},
		{name: "total-absent", about: "no totalItems", change: func(o *sim.Options) { o.Total = sim.TotalAbsent }},
		{name: "total-noisy", about: "totalItems is off by up to 3", change: func(o *sim.Options) { o.Total = sim.TotalNoisy }},
		{name: "total-noisy-moving", about: "the same, rows move", change: func(o *sim.Options) { o.Total, o.Drift = sim.TotalNoisy, evenly(0.3) }},
		{name: "total-stale-moving", about: "totalItems is that of the first request, rows move",
			change: func(o *sim.Options) { o.Total, o.Drift = sim.TotalStale, evenly(0.3) }},
		{name: "shrunk", about: "after an export, totals and next pages agree to show two fifths of every list", twice: true,
			change: func(o *sim.Options) { o.Hidden = 0.6 }},
		{name: "lie", about: "totals and next pages agree to show three quarters of every list: nothing can be noticed",
			silent: true, change: func(o *sim.Options) { o.Hidden = 0.25 }},
	}
}
