package lemlist

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stage runs a prover with several requests in flight. Each is served at one
// moment between its beginning and its end; what happens next is drawn.
type stage struct {
	m      *model
	p      *prover
	width  int             // requests that should be in flight
	draw   func(n int) int // a number below n
	found  union
	flying []*call
	most   int
	rest   time.Duration // since the server's clock went on
}

// call is a request in flight.
type call struct {
	asked  request
	sent   time.Time
	served bool
	r      reading
	ok     bool
}

func newStage(m *model, width int, draw func(n int) int) *stage {
	return &stage{m: m, p: newProver(), width: width, draw: draw, found: union{}}
}

// pass lets time go by; the server's clock goes on 1 ms in 10 ms, no more.
func (s *stage) pass() {
	const step = 4 * time.Millisecond
	took := step * time.Duration(s.draw(5))
	s.m.local = s.m.local.Add(took)
	for s.rest += took; s.rest >= tick; s.rest -= tick {
		s.m.clock++
	}
}

// run plays until the prover is done. Until then stop may end it.
func (s *stage) run(stop func(*prover) bool) {
	for !stop(s.p) {
		s.send()
		if len(s.flying) == 0 {
			return
		}
		s.most = max(s.most, len(s.flying))
		s.pass()
		i := s.draw(len(s.flying))
		one := s.flying[i]
		if !one.served {
			one.r, one.ok = s.m.serve(one.asked.page)
			one.served = true
			if s.draw(2) == 0 {
				continue // others first
			}
			s.pass()
		}
		s.flying = slices.Delete(s.flying, i, i+1)
		switch {
		case one.ok:
			one.r.sent, one.r.arrived = one.sent, s.m.local
			s.p.observe(one.asked, one.r)
			s.found.add(one.r.rows)
		case !s.p.refuse(one.asked):
			s.p.giveUp("refused")
		}
	}
}

func (s *stage) send() {
	for {
		for q, more := s.p.next(); more; q, more = s.p.next() {
			s.flying = append(s.flying, &call{asked: q, sent: s.m.local})
			s.pass()
		}
		if more := s.width - len(s.flying); more <= 0 || !s.p.split(more) {
			return
		}
	}
}

func toTheEnd(*prover) bool { return false }

// drawLong draws a list of many pages, most rows with a time of their own, that
// moves now and then.
func drawLong(t *rapid.T) *model {
	n := rapid.IntRange(10, 150).Draw(t, "rows")
	same := rapid.IntRange(1, 4).Draw(t, "rows of one time")
	ats := make([]int64, n)
	for i := range ats {
		ats[i] = int64(i/same+1) * 3
	}
	type moment struct {
		answer int
		moves  []move
	}
	moments := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) moment {
		return moment{rapid.IntRange(0, 60).Draw(t, "answer"), drawMoves(t, "moves")}
	}), 0, 12).Draw(t, "moments")
	m := newModel(ats, rapid.IntRange(1, 5).Draw(t, "per page"), func(answer int) []move {
		var moves []move
		for _, one := range moments {
			if one.answer == answer {
				moves = append(moves, one.moves...)
			}
		}
		return moves
	})
	m.quirk.past = rapid.SampledFrom([]string{"empty", "last", "refuse"}).Draw(t, "past the end")
	return m
}

// drawStage draws a walk in strands of any length over a model, and the order in
// which requests are served and answered.
func drawStage(t *rapid.T, m *model) *stage {
	choices := rapid.SliceOfN(rapid.IntRange(0, 59), 1, 60).Draw(t, "choices")
	drawn := 0
	s := newStage(m, rapid.IntRange(1, 6).Draw(t, "width"), func(n int) int {
		drawn++
		return choices[drawn%len(choices)] % n
	})
	s.p.walk.least = rapid.Int64Range(1, 4).Draw(t, "pages a strand")
	return s
}

// What holds for requests one after the other holds for requests at the same
// time, in whatever order they are served and answered.
func TestStrandsLoseNothingUnderAnyScript(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := drawModel
		if rapid.Bool().Draw(t, "long") {
			draw = drawLong
		}
		s := drawStage(t, draw(t))
		s.run(toTheEnd)
		p := s.p
		if p.doubt != "" {
			t.Fatalf("a list that keeps the assumptions was doubted: %s", p.doubt)
		}
		if !p.done() || p.reads > p.budget {
			t.Fatalf("done %v after %d requests for %d pages", p.done(), p.reads, s.m.mostPages)
		}
		if p.method == "" {
			if p.reason == "" {
				t.Fatal("incomplete without a reason")
			}
			return
		}
		if broken := s.m.broken(s.found); broken != "" {
			t.Fatal(broken)
		}
		if stale := s.m.stale(s.found); stale != "" {
			t.Fatal(stale)
		}
	})
}

// Without the rule by which strands meet, rows are lost: the test can tell.
func TestStrandsMustMeet(t *testing.T) {
	lost := 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		s := newStage(newModel(quietList(1000), 10, rates(seed, 0.5, 1, 0.5)), 4, random.IntN)
		s.run(func(p *prover) bool {
			p.walk.quiet = true // strands that have come to the next one stay there
			return p.chain != nil
		})
		for _, row := range s.m.list {
			// What has moved is the business of the sweeps.
			if _, ok := s.found[modelID(row.id)]; !ok && row.at*1000 <= s.p.walk.top() {
				lost++
			}
		}
	}
	if lost == 0 {
		t.Error("nothing is lost")
	}
}
