package main

import (
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// slack is added to a grace: a request is read some time after it arrived.
const slack = 200 * time.Millisecond

// margins are regimes of real servers, with clocks, caches and replicas. Rows move
// 0.5 times a request.
func margins() []regime {
	in := func(name, about string, change func(o *sim.Options)) regime {
		return regime{name: name, about: about, increments: true, change: func(o *sim.Options) {
			o.Drift = moving(0.5)
			change(o)
		}}
	}
	replicas := func(name string, n int, lag time.Duration) regime {
		r := in(name, "replicas up to "+lag.String()+" apart", func(o *sim.Options) { o.Replicas, o.ReplicaLag = n, lag })
		r.grace = lag + slack
		return r
	}
	cached := func(name, about string, cache sim.Cache) regime {
		r := in(name, about+" kept for 2 s", func(o *sim.Options) { o.Cache, o.CacheFor = cache, 2*time.Second })
		r.grace = 2*time.Second + slack
		return r
	}
	// What moves with an old time while the last looks are read is not promised.
	stamped := func(name, about string, stamps sim.Stamps) regime {
		return lenient(4*time.Second+slack, in(name, about, func(o *sim.Options) { o.Stamps = stamps }))
	}
	late := stamped("late-10m", "three activities in ten are dated up to 10 minutes ago", sim.Stamps{Late: 10 * time.Minute, LateShare: 0.3})
	late.beyond = true
	return []regime{
		replicas("replicas-300ms", 2, 300*time.Millisecond),
		replicas("replicas-1s", 3, time.Second),
		replicas("replicas-2s", 3, 2*time.Second),
		cached("cache-pages", "pages are", sim.CachePages),
		cached("cache-page-1", "page 1 is", sim.CacheFirstPage),
		stamped("clocks-3s", "clocks are up to 3 s off, either way", sim.Stamps{Off: 3 * time.Second}),
		stamped("cut-times", "half of the times are cut to the second", sim.Stamps{Cut: 0.5}),
		stamped("late-5s", "half of the activities become visible up to 5 s late", sim.Stamps{Late: 5 * time.Second, LateShare: 0.5}),
		stamped("late-2m", "three activities in ten are dated up to 2 minutes ago", sim.Stamps{Late: 2 * time.Minute, LateShare: 0.3}),
		late,
		stamped("step-back", "the clock steps back 10 s before the twelfth request", sim.Stamps{Back: 10 * time.Second, BackAt: 12}),
	}
}
