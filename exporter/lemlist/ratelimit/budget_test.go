package ratelimit

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// road is the way of one call: there, in the server, and back.
type road struct {
	there, back time.Duration
	lost        bool // no answer: the caller gives up after there+back
}

// traffic drives a budget in virtual time with as many calls in flight as it and
// most allow.
type traffic struct {
	most  int
	road  func(call int) road
	serve func(at time.Time) Reply // nil: answers and states nothing
}

type trip struct {
	call         *apiCall
	road         road
	arrives, end time.Time
	reply        Reply
	arrived      bool
}

// run sends so many calls and returns when each reached the server, in order,
// and how many were throttled.
func (tr traffic) run(calls int) (arrivals []time.Time, throttled []int) {
	b := newBudget()
	now := time.Unix(1_700_000_000, 0)
	var flying []*trip
	for sent := 0; sent < calls || len(flying) > 0; {
		at, known := b.next(now)
		most := tr.most
		if tr.serve != nil && sent == 1 {
			most = 1 // the client's first question, for the team, is alone
		}
		mayLeave := sent < calls && len(flying) < most && known
		if mayLeave && !at.After(now) {
			one := &trip{call: b.take(now), road: tr.road(sent), reply: Reply{Answered: true}}
			one.arrives = now.Add(one.road.there)
			one.end = one.arrives.Add(one.road.back)
			flying = append(flying, one)
			sent++
			continue
		}
		// The next thing that happens: an arrival, an end, or leave to go.
		var next *trip
		for _, one := range flying {
			if next == nil || one.due().Before(next.due()) {
				next = one
			}
		}
		if mayLeave && (next == nil || at.Before(next.due())) {
			now = at
			continue
		}
		now = next.due()
		if !next.arrived {
			next.arrived = true
			arrivals = append(arrivals, now)
			if tr.serve != nil {
				if next.reply = tr.serve(now); next.reply.Throttled {
					throttled = append(throttled, len(arrivals))
				}
			}
			continue
		}
		next.reply.RoundTrip = next.road.there + next.road.back
		if next.road.lost {
			next.reply = Reply{}
		}
		b.finish(next.call, now, next.reply)
		flying = slices.DeleteFunc(flying, func(one *trip) bool { return one == next })
	}
	return arrivals, throttled
}

func (t *trip) due() time.Time {
	if t.arrived {
		return t.end
	}
	return t.arrives
}

// crowded returns the shortest time in which 21 calls arrived, and whether
// that is less than a window.
func crowded(arrivals []time.Time) (time.Duration, bool) {
	least := time.Hour
	for i := Requests; i < len(arrivals); i++ {
		least = min(least, arrivals[i].Sub(arrivals[i-Requests]))
	}
	return least, least < Window
}

// The base is the shortest way, and one of the first 20 calls takes it: see budget.
func TestBudgetLetsNoWindowHoldMoreThanTwentyCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ms := func(most int, name string) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Millisecond
		}
		base := road{there: ms(400, "base there"), back: ms(400, "base back")}
		quick := rapid.IntRange(0, Requests-1).Draw(t, "the call on the base")
		jitter := rapid.IntRange(0, 3000).Draw(t, "jitter")
		roads := make([]road, 120)
		for i := range roads {
			roads[i] = base
			if i == quick {
				continue
			}
			roads[i].there += ms(jitter, "there")
			roads[i].back += ms(jitter, "back")
			roads[i].lost = i >= Requests && rapid.IntRange(0, 9).Draw(t, "lost") == 0
		}
		tr := traffic{most: rapid.IntRange(1, 60).Draw(t, "in flight"), road: func(i int) road { return roads[i] }}
		arrivals, _ := tr.run(len(roads))
		if len(arrivals) != len(roads) {
			t.Fatalf("%d of %d calls arrived", len(arrivals), len(roads))
		}
		if least, tooMany := crowded(arrivals); tooMany {
			t.Fatalf("21 calls within %s", least)
		}
	})
}

func TestBudgetIsUsedUpAtAConstantLatency(t *testing.T) {
	for _, latency := range []time.Duration{0, 100 * time.Millisecond, 300 * time.Millisecond, time.Second} {
		tr := traffic{most: 20, road: func(int) road { return road{there: latency / 2, back: latency / 2} }}
		const calls = 800
		arrivals, _ := tr.run(calls)
		took := arrivals[calls-1].Sub(arrivals[0])
		if best := Rate().LeastTime(calls); float64(best) < 0.95*float64(took) {
			t.Errorf("latency %s: %s for %d calls, %s is possible", latency, took, calls, best)
		}
		if least, tooMany := crowded(arrivals); tooMany {
			t.Errorf("latency %s: 21 calls within %s", latency, least)
		}
	}
}

// counter is a server that counts calls, those of another program among them.
type counter struct {
	limit, others int
	sliding       bool
	start         time.Time
	used          int
	times         []time.Time
}

func (c *counter) serve(at time.Time) Reply {
	var left int
	if c.sliding {
		c.times = slices.DeleteFunc(c.times, func(t time.Time) bool { return at.Sub(t) >= Window })
		if left = c.limit - c.others - len(c.times); left > 0 {
			c.times = append(c.times, at)
		}
	} else {
		if at.Sub(c.start) >= Window {
			c.start, c.used = at, 0
		}
		if left = c.limit - c.others - c.used; left > 0 {
			c.used++
		}
	}
	return Reply{Answered: true, Throttled: left <= 0, Stated: true, Limit: c.limit, Remaining: max(0, left-1)}
}

func TestBudgetMakesRoomForOtherPrograms(t *testing.T) {
	for name, server := range map[string]*counter{
		"nobody, fixed window":        {limit: 20},
		"nobody, sliding window":      {limit: 20, sliding: true},
		"5 of 20, fixed window":       {limit: 20, others: 5},
		"5 of 20, sliding window":     {limit: 20, others: 5, sliding: true},
		"15 of 20, fixed window":      {limit: 20, others: 15},
		"15 of 20, sliding window":    {limit: 20, others: 15, sliding: true},
		"19 of 20, fixed window":      {limit: 20, others: 19},
		"19 of 20, sliding window":    {limit: 20, others: 19, sliding: true},
		"a smaller limit than stated": {limit: 8},
	} {
		t.Run(name, func(t *testing.T) {
			tr := traffic{most: 4, road: func(int) road { return road{there: 50 * time.Millisecond, back: 50 * time.Millisecond} }, serve: server.serve}
			const calls = 400
			arrivals, throttled := tr.run(calls)
			// With one place, a number that counts calls and one that does not look the same:
			// only a trial tells, and the next one comes after twice as many calls.
			trials := 0
			if server.others == 19 {
				trials = 7
			}
			if len(throttled) > trials {
				t.Errorf("throttled: calls %v", throttled)
			}
			ours := server.limit - server.others
			windows := float64(arrivals[calls-1].Sub(arrivals[0])) / float64(Window)
			if used := calls / windows; used < 0.8*float64(ours) {
				t.Errorf("used %.1f of %d calls a window", used, ours)
			}
		})
	}
}

// Some servers state the same on every answer. Believed, 0 is one call in 2 s.
func TestBudgetDoubtsANumberThatCountsNothing(t *testing.T) {
	for _, remaining := range []int{0, 1, 2, 5, 10} {
		for _, most := range []int{1, 4, 16} {
			t.Run(fmt.Sprintf("%d, %d in flight", remaining, most), func(t *testing.T) {
				tr := traffic{most: most, road: func(int) road { return road{there: 25 * time.Millisecond, back: 25 * time.Millisecond} }}
				tr.serve = func(time.Time) Reply { return Reply{Answered: true, Stated: true, Limit: 20, Remaining: remaining} }
				const calls = 400
				arrivals, _ := tr.run(calls)
				if took := arrivals[27].Sub(arrivals[0]); took > 14*time.Second {
					t.Errorf("%s for 28 calls", took)
				}
				if took := arrivals[calls-1].Sub(arrivals[0]); took > Rate().LeastTime(calls)+20*time.Second {
					t.Errorf("%s for %d calls, %s are possible", took, calls, Rate().LeastTime(calls))
				}
				if least, tooMany := crowded(arrivals); tooMany {
					t.Errorf("21 calls within %s", least)
				}
			})
		}
	}
}

// A number that counts calls again is believed again.
func TestBudgetBelievesANumberThatCountsAgain(t *testing.T) {
	server := &counter{limit: 20, others: 15}
	served := 0
	tr := traffic{most: 4, road: func(int) road { return road{there: 50 * time.Millisecond, back: 50 * time.Millisecond} }}
	tr.serve = func(at time.Time) Reply {
		if served++; served < 100 {
			return Reply{Answered: true, Stated: true, Limit: 20}
		}
		return server.serve(at)
	}
	arrivals, throttled := tr.run(400)
	// The calls in flight at the change are not held against it.
	if len(throttled) > 20 || len(throttled) > 0 && throttled[len(throttled)-1] > 140 {
		t.Errorf("throttled: calls %v", throttled)
	}
	if took := arrivals[399].Sub(arrivals[150]); took < 90*time.Second || took > 125*time.Second {
		t.Errorf("%s for 250 calls of which 5 fit into 2 s", took)
	}
}

func TestBudgetRecoversWhenOtherProgramsAreGone(t *testing.T) {
	server := &counter{limit: 20, others: 15}
	tr := traffic{most: 4, road: func(int) road { return road{there: 50 * time.Millisecond, back: 50 * time.Millisecond} }}
	served := 0
	tr.serve = func(at time.Time) Reply {
		if served++; served == 40 {
			server.others = 0
		}
		return server.serve(at)
	}
	arrivals, _ := tr.run(300)
	if took := arrivals[299].Sub(arrivals[100]); took > 22*time.Second {
		t.Errorf("%s for 200 calls, 20 s are possible", took)
	}
}

func TestBudgetHasCreditAfter20RoundTripsUntilA429(t *testing.T) {
	b := newBudget()
	now := time.Unix(1_700_000_000, 0)
	for answers := range Requests {
		if b.credit() != 0 {
			t.Errorf("credit %s after %d round trips", b.credit(), answers)
		}
		b.finish(b.take(now), now.Add(300*time.Millisecond), Reply{Answered: true, RoundTrip: 300 * time.Millisecond})
	}
	if b.credit() != 300*time.Millisecond {
		t.Errorf("credit %s after 20 round trips of 300ms", b.credit())
	}
	b.finish(b.take(now), now.Add(time.Second), Reply{Answered: true, RoundTrip: time.Second, Throttled: true})
	if b.credit() != 0 {
		t.Errorf("credit %s after a 429", b.credit())
	}
}

// other is another process of a test.
type other struct {
	held  int
	waits bool
	late  bool // it did not look for a place in time
}

func TestAProcessLeavesWaitingOnesTheirShares(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		others []other
		takes  int
	}{
		"no other process":               {takes: 20},
		"one that does not wait":         {others: []other{{held: 4}}, takes: 16},
		"one that waits":                 {others: []other{{waits: true}}, takes: 10},
		"one that does not come in time": {others: []other{{waits: true, late: true}}, takes: 20},
		"one that has its share":         {others: []other{{waits: true, held: 10}}, takes: 10},
		"one that has a part of it":      {others: []other{{waits: true, held: 4}}, takes: 10},
		"one that has almost everything": {others: []other{{waits: true, held: 17}}, takes: 3},
		"three that wait":                {others: []other{{waits: true}, {waits: true}, {waits: true}}, takes: 5},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBudget()
			b.processes = make(map[string]process)
			for i, o := range test.others {
				name, p := string(rune('a'+i)), process{seen: now}
				if o.waits {
					p.waiting = now.Add(time.Millisecond)
				}
				if o.late {
					p.waiting = now.Add(-time.Millisecond)
				}
				b.processes[name] = p
				for range o.held {
					b.take(now).owner = name
				}
			}
			takes := 0
			for {
				if at, known := b.next(now); !known || at.After(now) || b.yields(now) || takes > Requests {
					break
				}
				b.take(now)
				takes++
			}
			if takes != test.takes {
				t.Errorf("took %d places, want %d", takes, test.takes)
			}
		})
	}
}
