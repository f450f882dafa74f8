package prover

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// watermarkOf is what a proof leaves for the next walk; false when it leaves nothing.
func watermarkOf(p *Prover) (Watermark, bool) {
	account := p.Account()
	if account.Method == "" || account.Doubt != "" || account.Newest == never {
		return Watermark{}, false
	}
	return Watermark{Newest: time.UnixMicro(account.Newest), Total: account.TotalEnd, Known: new(p.seen.since(account.Newest))}, true
}

// goOn continues with an increment over what was found so far; with nothing to
// begin at, with a full walk.
func (s *stage) goOn() {
	watermark, ok := watermarkOf(s.p)
	least := s.p.walk.least
	if s.p = New(exact); ok {
		s.p = NewSince(watermark, exact)
	}
	s.p.walk.least = least
}

// However often a list is read on from the last proof, whatever moves meanwhile
// and in between: what was found before and now holds every conversation that is
// in the list, in its newest version.
func TestIncrementsLoseNothingUnderAnyScript(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := drawModel
		if rapid.Bool().Draw(t, "long") {
			draw = drawLong
		}
		s := drawStage(t, draw(t))
		s.run(toTheEnd)
		for range rapid.IntRange(1, 4).Draw(t, "increments") {
			if s.p.method == "" {
				return
			}
			s.goOn()
			if rapid.Bool().Draw(t, "pause") {
				s.pass()
			}
			s.m.play(drawMoves(t, "meanwhile"))
			s.run(toTheEnd)
			// Rows that go may have been counted as known.
			if s.p.widened != "" && len(s.m.deleted) == 0 || s.p.doubt != "" {
				t.Fatalf("a list that keeps the assumptions was doubted: %q, %q", s.p.widened, s.p.doubt)
			}
			if s.p.method == "" {
				return
			}
			if stale := s.m.stale(s.found); stale != "" {
				t.Fatalf("%s, by %s", stale, s.p.method)
			}
		}
	})
}

// An increment costs what has moved, not what the list holds.
func TestAnIncrementCostsWhatHasMoved(t *testing.T) {
	for name, one := range map[string]struct {
		moves []move
		pages int64
	}{
		"nothing":                   {nil, 1},
		"one row":                   {[]move{{kind: jump, where: 700, after: 5}}, 1},
		"a page of rows":            {moveMany(jump, 10), 3}, // their last row, the one that was newest, a sweep
		"a hundred, and as many go": {append(moveMany(jump, 100), moveMany(remove, 100)...), 12},
		"every row":                 {moveMany(jump, 3000), 170}, // pages of 10 that overlap
	} {
		m := newModel(quietList(1000), 10, still)
		s := newStage(m, 4, rand.New(rand.NewPCG(1, 1)).IntN)
		s.run(toTheEnd)
		s.goOn()
		m.play(one.moves)
		s.run(toTheEnd)
		if s.p.method != MethodSince || s.p.reads > one.pages || m.stale(s.found) != "" {
			t.Errorf("%s: %d requests by %q: %s", name, s.p.reads, s.p.method, m.stale(s.found))
		}
	}
}

func moveMany(kind kind, n int) []move {
	moves := make([]move, n)
	for i := range moves {
		moves[i] = move{kind: kind, where: 999 - i%7, after: 1}
	}
	return moves
}

// More than a page of rows as old as the watermark are read again, and swept once: the
// sweep after that knows that nothing can have come among them.
func TestAnIncrementOverEqualTimesEnds(t *testing.T) {
	m := newModel(slices.Repeat([]int64{5}, 95), 10, still)
	s := newStage(m, 1, rand.New(rand.NewPCG(1, 1)).IntN)
	s.run(toTheEnd)
	for range 3 {
		m.local = m.local.Add(time.Second)
		m.clock += 100
		s.goOn()
		s.run(toTheEnd)
		if s.p.method != MethodSince || s.p.reads != 31 {
			t.Fatalf("%d requests by %q, %q", s.p.reads, s.p.method, s.p.reason)
		}
	}
}

// A list that does not go on from where it was is walked in full.
func TestAnIncrementThatDoesNotFitIsWidened(t *testing.T) {
	for name, one := range map[string]struct {
		change func(*model)
		method string
	}{
		"older conversations appear": {func(m *model) { m.add(4, 0); m.add(4, 0) }, MethodSweep},
		"the order changes": {func(m *model) {
			m.list[3], m.list[5] = m.list[5], m.list[3]
		}, MethodPasses},
		"the totals are gone": {func(m *model) { m.quirk.noTotal = true }, MethodSweep},
	} {
		m := newModel(quietList(200), 10, still)
		s := newStage(m, 3, rand.New(rand.NewPCG(1, 1)).IntN)
		s.run(toTheEnd)
		s.goOn()
		one.change(m)
		s.run(toTheEnd)
		account := s.p.Account()
		if account.Method != one.method || account.Widened == "" || account.Since != nil || m.stale(s.found) != "" {
			t.Errorf("%s: %s: %+v", name, m.stale(s.found), account)
		}
		if _, ok := watermarkOf(s.p); ok != (one.method == MethodSweep) {
			t.Errorf("%s: the next walk begins where this one ended: %v", name, ok)
		}
	}
}

// Whatever a server does, an increment has an end, and a method or a reason.
func TestIncrementsEndWhateverTheServerDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStage(t, drawLong(t))
		s.run(toTheEnd)
		s.goOn()
		s.m.play(drawMoves(t, "meanwhile"))
		switch rapid.IntRange(0, 5).Draw(t, "quirk") {
		case 0:
			s.m.quirk.noTotal = true
		case 1:
			off := rapid.IntRange(-3, 3).Draw(t, "total off by")
			s.m.quirk.total = func(_, n int) int { return max(0, n+off) }
		case 2:
			s.m.quirk.cap = rapid.IntRange(1, 12).Draw(t, "cap")
		case 3:
			s.m.quirk.stuckPage = rapid.IntRange(1, 12).Draw(t, "stuck")
		case 4:
			s.m.quirk.sameNext = true
		case 5:
			s.m.add(1, 0)
		}
		s.run(toTheEnd)
		if (s.p.method == "") == (s.p.reason == "") || !s.p.done() || s.p.passes == nil && s.p.reads > s.p.budget {
			t.Fatalf("method %q with reason %q, done %v, %d requests", s.p.method, s.p.reason, s.p.done(), s.p.reads)
		}
		if s.p.since == nil && s.p.method == MethodSince {
			t.Fatal("an increment that was widened is called one")
		}
	})
}

// Increments at rates of movement, what they lose and what they cost.
func TestIncrementsAtRates(t *testing.T) {
	const rows, perPage, rounds = 5000, 50, 10
	seeds := (*seedsFlag + 2) / 3
	t.Logf("%d rows, pages of %d, %d increments after 50 requests' worth of movements each, %d seeds a line", rows, perPage, rounds, seeds)
	t.Logf("%-16s %14s %10s %10s", "jumps,new,gone", "pages each", "widened", "unproven")
	for _, rate := range [][3]float64{{0, 0, 0}, {0.1, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.1, 0.1, 0.1}, {1, 1, 1}, {5, 5, 5}} {
		var reads, widened, unproven int64
		for seed := range uint64(seeds) {
			moves := rates(seed, rate[0], rate[1], rate[2])
			s := newStage(newModel(quietList(rows), perPage, moves), 1, rand.New(rand.NewPCG(seed, 5)).IntN)
			s.run(toTheEnd)
			for range rounds {
				s.goOn()
				for range 50 {
					s.m.play(moves(1))
				}
				s.run(toTheEnd)
				reads += s.p.reads
				switch stale := s.m.stale(s.found); {
				case s.p.widened != "":
					widened++
				case s.p.method == "":
					unproven++
				case stale != "":
					t.Errorf("%v, seed %d: %s", rate, seed, stale)
				}
			}
		}
		if widened+unproven > 0 {
			t.Errorf("%v: %d widened, %d not proven", rate, widened, unproven)
		}
		t.Logf("%-16s %14.1f %10d %10d", fmt.Sprintf("%v,%v,%v", rate[0], rate[1], rate[2]), float64(reads)/float64(rounds*seeds), widened, unproven)
	}
}
