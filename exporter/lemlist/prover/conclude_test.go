package prover

import (
	"testing"

	"github.com/lemexport/lemexport/schema"
)

// page is a reading of two conversations, the first at this time, and of a total.
func page(first, total int64) Page {
	return Page{asked: 1, total: &total, Rows: []Row{
		{ID: schema.IDHash{1, 1}, At: first, Created: never}, {ID: schema.IDHash{2, 2}, At: 40, Created: never},
	}}
}

// concluded is a prover after a walk that found both conversations of a list, and
// as many further walks as are asked for.
func concluded(further int) *Prover {
	p := New(Margin{})
	p.floor = 100
	p.counts.take(page(50, 2), true, &p.coverage, never)
	for range further {
		p.walkAgain("for a test", false)
		p.counts.take(page(50, 2), false, &p.coverage, never)
	}
	p.reads = 1
	return p
}

// What goes while the list is walked can push rows past a seam. A walk in which
// nothing went says more than one in which something did; only the latest counts.
func TestAListIsWalkedOnceMoreWhenConversationsWentInItsLatestWalk(t *testing.T) {
	for name, c := range map[string]struct {
		further   int
		went      func(p *Prover)
		wantWalks int64
		wantPhase phase
	}{
		"while it was walked again":    {1, func(p *Prover) { p.compare(page(50, 3), page(50, 2)) }, 3, traversing},
		"in the first walk":            {0, func(p *Prover) { p.compare(page(50, 3), page(50, 2)) }, 1, settled},
		"none, in a second walk":       {1, func(*Prover) {}, 2, settled},
		"in the walk before, not then": {1, func(p *Prover) { p.compare(page(50, 3), page(50, 2)); p.anew() }, 2, settled},
	} {
		t.Run(name, func(t *testing.T) {
			p := concluded(c.further)
			c.went(p)
			p.conclude(page(50, 2))
			if p.walked != c.wantWalks || p.phase != c.wantPhase {
				t.Errorf("%d walks, phase %v (%s), want %d and %v", p.walked, p.phase, p.reopened, c.wantWalks, c.wantPhase)
			}
		})
	}
}

// A time below the floor cannot be that of a page from a moment before: nothing
// moved there. It is doubted at once; one above the floor gets another sweep.
func TestATimeThatWentBackBelowTheFloorIsDoubtedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		before, after int64
		want          phase
	}{
		"below the floor": {50, 45, passing},
		"above the floor": {150, 120, sweeping},
	} {
		t.Run(name, func(t *testing.T) {
			p := concluded(0)
			first := page(c.before, 2)
			p.counts.take(first, false, &p.coverage, never)
			back := page(c.after, 2)
			back.sent = first.arrived.Add(1)
			back.arrived = back.sent
			p.counts.take(back, false, &p.coverage, never)
			p.conclude(back)
			if p.phase != c.want {
				t.Errorf("phase %v (doubt %q), want %v", p.phase, p.doubt, c.want)
			}
		})
	}
}
