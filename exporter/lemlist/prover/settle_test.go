package prover

import (
	"testing"
	"time"
)

// A sweep that says that something is wrong, and the sweep after checks, come later
// than answers lie apart; so they are of no moment before.
func TestTheSecondLookIsLate(t *testing.T) {
	for name, one := range map[string]struct {
		rows   int
		moves  map[int]move
		total  func(answer, exact int) int
		second bool // the sweep after one that was short
	}{
		"after checks":         {rows: 195, moves: map[int]move{8: {kind: remove, where: 3}}},
		"after a short answer": {rows: 8, total: func(_, exact int) int { return exact + 1 }, second: true},
	} {
		m := newModel(quietList(one.rows), 10, func(answer int) []move {
			if one, ok := one.moves[answer]; ok {
				return []move{one}
			}
			return nil
		})
		m.margin, m.quirk.total = allowed, one.total
		p := New(m.margin)
		var read, looked time.Time
		for q, more := ask(p); more && looked.IsZero(); q, more = ask(p) {
			first := p.phase == sweeping && p.sweep.reads == 0
			r, _ := m.answer(q)
			if first && (p.steps > 0 || one.second && p.waited > 0) {
				looked = r.sent
			}
			if looked.IsZero() {
				read = r.arrived
			}
			p.Observe(q, r)
		}
		if late := looked.Sub(read); looked.IsZero() || late < allowed.Settle {
			t.Errorf("%s: the sweep comes %v later", name, late)
		}
	}
}
