package lemlist

import (
	"slices"
	"strings"
	"testing"
)

// at plays movements before single answers.
func at(steps map[int][]move) script {
	return func(answer int) []move { return steps[answer] }
}

var (
	goes  = func(where int) move { return move{kind: remove, where: where} }
	comes = move{kind: enter}
)

// A deletion above the seam costs one page, one below it two, and the walk goes
// on behind what it has.
func TestSeamCostsLittleToRepair(t *testing.T) {
	for where, reads := range map[int]int64{0: 12, 90: 13} {
		m := newModel(quietList(100), 10, at(map[int][]move{5: {goes(where)}}))
		p, found := prove(m)
		if p.method != methodSweep || m.stale(found) != "" || p.reads != reads {
			t.Errorf("deletion of row %d: %d pages by %q, %s", where, p.reads, p.method, m.stale(found))
		}
	}
}

// Rows that a page showed and that were gone before a later page left its gap
// are not among the rows of that gap.
func TestSeamDoesNotCountRowsGoneBefore(t *testing.T) {
	m := newModel(quietList(15), 3, at(map[int][]move{
		1: {goes(0)},
		2: {goes(4), goes(4), comes},
		3: {goes(0), goes(0), goes(0)},
		4: {comes},
	}))
	p, found := prove(m)
	if p.method != methodSweep || m.stale(found) != "" {
		t.Errorf("method %q, reason %q: %s", p.method, p.reason, m.stale(found))
	}
}

// Rows as new as the top may have come after a page left its gap: they are not
// counted among the rows of that gap.
func TestSeamDoesNotCountRowsThatMayHaveComeSince(t *testing.T) {
	m := newModel([]int64{5, 5, 3, 2, 1, 0}, 2, at(map[int][]move{
		1: {goes(0), goes(0)},    // page 2 hides two rows
		2: {comes, comes, comes}, // in the millisecond of the first page
	}))
	s := newStage(m, 1, func(int) int { return 0 }) // no time passes
	s.run(func(p *prover) bool { return p.sweeps == 1 })
	s.draw = func(n int) int { return n - 1 }
	s.run(toTheEnd)
	if s.p.method != methodSweep || m.stale(s.found) != "" {
		t.Errorf("method %q, doubt %q: %s", s.p.method, s.p.doubt, m.stale(s.found))
	}
}

// Where all times are equal, a page that overlaps is known by its rows.
func TestSeamAmongEqualTimes(t *testing.T) {
	for seed := range uint64(10) {
		ats := slices.Repeat([]int64{5}, 200)
		m := newModel(ats, 10, rates(seed, 0, 0, 1))
		p, found := prove(m)
		if p.method != methodSweep || m.stale(found) != "" || p.reads > 100 {
			t.Errorf("seed %d: method %q, reason %q, %d pages: %s", seed, p.method, p.reason, p.reads, m.stale(found))
		}
	}
}

// A bulk deletion of many pages is crossed in strides, not page by page.
func TestSeamStepsBackInStrides(t *testing.T) {
	bulk := slices.Repeat([]move{goes(0)}, 800)
	m := newModel(quietList(2000), 10, at(map[int][]move{100: bulk}))
	p, found := prove(m)
	if p.method != methodSweep || m.stale(found) != "" || p.reads > 240 {
		t.Errorf("method %q, %d pages: %s", p.method, p.reads, m.stale(found))
	}
	below := slices.Repeat([]move{goes(1500)}, 400)
	m = newModel(quietList(2000), 10, at(map[int][]move{100: below}))
	p, found = prove(m)
	if p.method != methodSweep || m.stale(found) != "" || p.reads != 160+3 {
		t.Errorf("below: method %q, %d pages: %s", p.method, p.reads, m.stale(found))
	}
}

// A server that orders equal times differently each time hides rows though
// nothing moves. The account shows it.
func TestWalkNoticesAnOrderThatChanges(t *testing.T) {
	ats := quietList(40)
	for i := range 20 {
		ats[i+10] = ats[10] // in the middle, over two seams
	}
	m := newModel(ats, 10, still)
	m.script = func(answer int) []move {
		if answer == 2 {
			slices.Reverse(m.list[10:30])
		}
		return nil
	}
	p, found := prove(m)
	if !strings.Contains(p.doubt, "counted") || p.method != methodPasses || m.lost(found) > 0 {
		t.Errorf("method %q, doubt %q, %d lost", p.method, p.doubt, m.lost(found))
	}
}

// What moves during the last of two equal passes is found by the sweep after it.
func TestPassesAreFollowedByASweep(t *testing.T) {
	m := newModel(quietList(40), 10, at(map[int][]move{
		6: {comes, {kind: jump, where: 38}},
	}))
	m.quirk.noTotal = true
	p, found := prove(m)
	if p.method != methodPasses || p.passes.sweeps != 1 || m.stale(found) != "" {
		t.Errorf("method %q, reason %q: %s", p.method, p.reason, m.stale(found))
	}
}
