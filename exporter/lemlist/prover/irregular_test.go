package prover

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// allowed is the margin of the walks over irregular lists. An answer takes 20 ms,
// in which the server's clock goes on by 1 ms: rows stand 7 ms apart.
var allowed = Margin{Lookback: 100 * time.Millisecond, Settle: 200 * time.Millisecond}

// lists that move and are irregular: what a walk claims there holds.
var irregularities = map[string]struct {
	rates  map[kind]float64
	older  int64
	quirk  func(seed uint64) quirk
	change func(m *model)
	rows   int // 0 is 160 and more
	// newest says that the margin also covers the newest versions, at the last sweep.
	newest bool
	// least is the share of walks that must be proven, in percent.
	least int
}{
	"nothing":                    {rates: mixed, newest: true, least: 99},
	"counted after the rows":     {rates: mixed, quirk: counted("after"), least: 60},
	"counted before the rows":    {rates: mixed, quirk: counted("before"), newest: true, least: 60},
	"deletions, counted after":   {rates: map[kind]float64{remove: 0.05}, quirk: counted("after"), least: 60},
	"totals that stand still":    {rates: mixed, quirk: firstTotal, least: 30},
	"replicas":                   {rates: mixed, quirk: replicas, least: 60},
	"replicas, only jumps":       {rates: map[kind]float64{jump: 0.3}, quirk: replicas, least: 60},
	"replicas, only deletions":   {rates: map[kind]float64{remove: 0.1}, quirk: replicas, least: 60},
	"pages from a cache":         {rates: mixed, quirk: cache, least: 60},
	"dated back":                 {rates: mixed, older: 60, newest: true, least: 90},
	"jumps dated back":           {rates: map[kind]float64{jump: 0.1}, older: 90, newest: true, least: 90},
	"dated back, busy":           {rates: map[kind]float64{jump: 1, enter: 0.1}, older: 90, newest: true, least: 60},
	"half of them, dated back":   {rates: map[kind]float64{jump: 0.5}, older: 90, newest: true, least: 60},
	"many of them, little back":  {rates: map[kind]float64{jump: 1}, older: 30, newest: true, least: 60},
	"all kinds, little back":     {rates: map[kind]float64{jump: 1, enter: 1, remove: 1}, older: 40, newest: true, least: 90},
	"a clock that steps back":    {rates: mixed, change: stepBack(50), newest: true, least: 90},
	"rows dated ahead":           {rates: mixed, change: ahead, newest: true, least: 99},
	"rows vanish and return":     {rates: map[kind]float64{jump: 0.1, vanish: 0.1, comeBack: 0.1}},
	"handed in at old places":    {rates: map[kind]float64{jump: 0.1, handIn: 0.1}},
	"times go back":              {rates: map[kind]float64{jump: 0.1, goBack: 0.05}, older: 300},
	"the size asked for ignored": {rates: mixed, quirk: func(uint64) quirk { return quirk{fixed: true} }, newest: true, least: 60},
	"the size ignored, totals that stand still": {rates: mixed, quirk: func(seed uint64) quirk {
		quirk := firstTotal(seed)
		quirk.fixed = true
		return quirk
	}},
	"the size ignored, counted after": {rates: mixed, quirk: func(seed uint64) quirk {
		quirk := counted("after")(seed)
		quirk.fixed = true
		return quirk
	}, least: 30},
	"a total one too many": {rates: mixed, quirk: func(uint64) quirk { return quirk{total: func(_, n int) int { return n + 1 }} }},
	"a total one too few":  {rates: mixed, quirk: func(uint64) quirk { return quirk{total: func(_, n int) int { return n - 1 }} }, newest: true, least: 60},
	"no totals":            {rates: mixed, quirk: func(uint64) quirk { return quirk{noTotal: true} }, newest: true, least: 60},
	"short pages, once":    {rates: mixed, quirk: short(func(answer, _ int) bool { return answer == 4 }), newest: true, least: 60},
	"short pages, always":  {rates: mixed, quirk: short(func(_, page int) bool { return page == 4 })},
	// Of a list that is read faster than answers lie apart, the first sweep may be of before.
	"a short list, replicas":       {rows: 25, rates: busy, quirk: replicas, least: 90},
	"a short list, a cache":        {rows: 25, rates: busy, quirk: cache, least: 90},
	"a short list, jumps, a cache": {rows: 25, rates: map[kind]float64{jump: 0.5}, quirk: cache, least: 90},
}

var busy = map[kind]float64{jump: 0.2, enter: 0.1, remove: 0.1}

func cache(uint64) quirk { return quirk{irregular: irregular{kept: 180 * time.Millisecond}} }

var mixed = map[kind]float64{jump: 0.1, enter: 0.05, remove: 0.05}

func counted(when string) func(uint64) quirk {
	return func(seed uint64) quirk {
		moves := ratesOf(seed+999, map[kind]float64{jump: 0.03, enter: 0.03, remove: 0.08}, 0)
		return quirk{irregular: irregular{counts: when, between: func(answer int) []move { return moves(answer + 1) }}}
	}
}

// firstTotal states the first total for ever.
func firstTotal(uint64) quirk {
	first := -1
	return quirk{total: func(_, n int) int {
		if first < 0 {
			first = n
		}
		return first
	}}
}

func replicas(seed uint64) quirk {
	random := rand.New(rand.NewPCG(seed, 3))
	return quirk{irregular: irregular{lag: 180 * time.Millisecond, which: func(n int) int { return []int{0, n - 1}[random.IntN(2)] }}}
}

func short(which func(answer, page int) bool) func(uint64) quirk {
	return func(uint64) quirk { return quirk{irregular: irregular{short: which}} }
}

// stepBack has the server's clock step back once.
func stepBack(by int64) func(*model) {
	return func(m *model) {
		moves := m.script
		m.script = func(answer int) []move {
			if answer == 7 {
				m.clock -= by
			}
			return moves(answer)
		}
	}
}

// ahead dates two rows an hour and a day ahead.
func ahead(m *model) {
	for _, by := range []time.Duration{time.Hour, 24 * time.Hour} {
		m.add(m.local.Add(by).UnixMilli(), 0)
	}
}

func TestWalkOfAnIrregularListClaimsWhatItHas(t *testing.T) {
	const seeds = 300
	for name, one := range irregularities {
		for _, width := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d at once", name, width), func(t *testing.T) {
				var proven, reads int
				reasons := map[string]int{}
				for seed := range uint64(seeds) {
					m := newModel(quietList(cmp.Or(one.rows, 160)+int(seed%5)*17), 10, ratesOf(seed, one.rates, one.older))
					m.margin = allowed
					if one.quirk != nil {
						m.quirk = one.quirk(seed)
					}
					if one.change != nil {
						one.change(m)
					}
					p, found := walkOf(t, m, width, seed)
					reads += int(p.reads)
					if p.method == "" {
						reasons[p.reason]++
						continue
					}
					proven++
					if lost := m.lost(found); lost > 0 {
						t.Errorf("seed %d, by %s: %d rows are missing, doubt %q, again because %q", seed, p.method, lost, p.doubt, p.reopened)
					}
					if stale := m.staleWithin(found, p.held); one.newest && p.method != MethodPasses && stale != "" {
						t.Errorf("seed %d, by %s, looked back %v: %s", seed, p.method, p.held, stale)
					}
				}
				t.Logf("%d of %d proven, %d pages a walk", proven, seeds, reads/seeds)
				if proven*100 < one.least*seeds {
					t.Errorf("%d of %d proven: %v", proven, seeds, reasons)
				}
			})
		}
	}
}

// walkOf reads a list with so many requests at once to the end.
func walkOf(t *testing.T, m *model, width int, seed uint64) (*Prover, union) {
	t.Helper()
	var p *Prover
	var found union
	if width == 1 {
		p, found = prove(m)
	} else {
		s := newStage(m, width, rand.New(rand.NewPCG(seed, 4)).IntN)
		s.p.walk.least = 3
		s.run(toTheEnd)
		p, found = s.p, s.found
		if s.wrong != "" {
			t.Fatal(s.wrong)
		}
	}
	if !p.done() || (p.method == "") == (p.reason == "") {
		t.Fatalf("phase %v flying %d budget %d done %v after %d pages, method %q, reason %q", p.phase, p.inFlight, p.budget, p.done(), p.reads, p.method, p.reason)
	}
	return p, found
}
