package main

import (
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// atRest is the control in which nothing happens.
const atRest = "quiet"

// controls are regimes that an export has to be proven in: a team at rest with one
// irregularity that does no harm, and movements that the argument covers.
func controls() []regime {
	all := []regime{
		{name: atRest, about: "nothing moves, the API behaves as documented"},
		{name: "quiet-busy", about: "nothing moves, all conversations are of the last ten hours",
			change: func(o *sim.Options) { o.Span = 10 * time.Hour }},
		{name: "past-end-repeat", about: "a page past the end is the last one again", change: func(o *sim.Options) { o.PastEnd = sim.PastEndRepeat }},
		{name: "past-end-refuse", about: "a page past the end is refused", change: func(o *sim.Options) { o.PastEnd = sim.PastEndRefuse }},
		{name: "ignore-limit", about: "limit is ignored, pages have a size of their own",
			change: func(o *sim.Options) { o.IgnoreLimit, o.PageSize = true, o.LimitMax }},
		{name: "limit-refused", about: "a limit above the largest is refused", change: func(o *sim.Options) { o.OverLimit = sim.OverLimitRefuse }},
		{name: "page-numbers-text", about: "nextPage is a numeric string", change: func(o *sim.Options) { o.NextPageText = true }},
		{name: "nulls", about: "null where a field is absent", change: func(o *sim.Options) { o.NullForAbsent = true }},
		{name: "surprises", about: "one row in 16 has a value of the wrong type",
			change: func(o *sim.Options) { o.TypeSurprises, o.LoneSurrogates = true, true }},
		{name: "total-huge", about: "totalItems is 10^18", change: func(o *sim.Options) { o.Total = sim.TotalHuge }},
		{name: "faults", about: "one answer in twelve is an error, cut, or a web page", change: func(o *sim.Options) {
			for _, fault := range []sim.Fault{sim.Fault502, sim.FaultReset, sim.FaultTruncated, sim.FaultHTML} {
				o.Faults = append(o.Faults, inbox(sim.FaultRule{Fault: fault, Rate: 0.02}))
			}
		}},
		{name: "quiet-far", about: "nothing moves, every answer takes 250 ms", change: func(o *sim.Options) { o.Latency = 250 * time.Millisecond }},
		{name: "rate-headers", about: "a sliding window, a fractional Retry-After, X-RateLimit-Reset in seconds", change: func(o *sim.Options) {
			o.Window, o.RetryAfter, o.Reset = sim.WindowSliding, sim.RetryAfterFractional, sim.ResetEpoch
		}},
		{name: "answered-only", about: "lists hold answered conversations only", change: func(o *sim.Options) { o.Scope = sim.ScopeAnswered }},
		{name: "shared-key", about: "another program takes 8 of 20 calls", change: func(o *sim.Options) { o.OtherCalls = 8 }},
		{name: "remaining-zero", about: "X-RateLimit-Remaining is 0 on every answer", pages: 20,
			change: func(o *sim.Options) { o.Remaining = sim.RemainingZero }},
		{name: "ahead-hour", about: "one row is dated an hour ahead, rows move", change: ahead(time.Hour)},
		{name: "ahead-day", about: "one row is dated a day ahead, rows move", change: ahead(24 * time.Hour)},
	}
	for _, times := range []sim.Times{sim.TimesOffset, sim.TimesColon, sim.TimesNoZone, sim.TimesBlank,
		sim.TimesSeconds, sim.TimesMillis, sim.TimesSecondsText, sim.TimesMillisText} {
		all = append(all, regime{name: "times-" + string(times), about: "times are written in this form, nothing moves during a run",
			increments: times == sim.TimesOffset || times == sim.TimesMillis || times == sim.TimesSeconds,
			change:     func(o *sim.Options) { o.Times = times }})
	}
	return append(all, drifts()...)
}

func ahead(by time.Duration) func(*sim.Options) {
	return func(o *sim.Options) { o.Ahead, o.Drift = by, moving(0.3) }
}

// drifts move rows in the ways that the argument assumes, a number of times a request.
func drifts() []regime {
	drift := func(name, about string, d sim.Drift) regime {
		return regime{name: name, about: about + ", a request", change: func(o *sim.Options) { o.Drift = d }}
	}
	all := []regime{
		drift("jumps-0.1", "0.1 jumps", sim.Drift{Jumps: 0.1}),
		drift("jumps-1", "1 jump", sim.Drift{Jumps: 1}),
		drift("entries-0.1", "0.1 entries", sim.Drift{Inserts: 0.1}),
		drift("entries-1", "1 entry", sim.Drift{Inserts: 1}),
		drift("deletions-0.1", "0.1 deletions", sim.Drift{Deletes: 0.1}),
		drift("deletions-1", "1 deletion", sim.Drift{Deletes: 1}),
		drift("moving-0.3", "0.3 jumps, 0.1 entries, 0.1 deletions", moving(0.3)),
		drift("even-0.1", "0.1 jumps, entries and deletions each", evenly(0.1)),
		drift("even-0.3", "0.3 jumps, entries and deletions each", evenly(0.3)),
		drift("even-1", "1 jump, entry and deletion each", evenly(1)),
	}
	all[6].increments = true
	return append(all,
		regime{name: "even-0.3-far", about: "the same as even-0.3, 250 ms away", change: func(o *sim.Options) {
			o.Latency, o.Drift = 250*time.Millisecond, evenly(0.3)
		}},
		regime{name: "busy", about: "0.1 jumps, 0.03 entries and deletions a request, all conversations are of the last ten hours",
			change: func(o *sim.Options) { o.Span, o.Drift = 10*time.Hour, moving(0.1) }},
	)
}
