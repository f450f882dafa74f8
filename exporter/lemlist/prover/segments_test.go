package prover

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// stage runs a prover with several requests in flight. Each is served at one
// moment between its beginning and its end; what happens next is drawn.
type stage struct {
	m      *model
	p      *Prover
	width  int             // requests that should be in flight
	draw   func(n int) int // a number below n
	found  union
	flying []*call
	most   int
	wrong  string
	log    []func(*Prover) // what was asked of and told to the prover
	rest   time.Duration   // since the server's clock went on
}

// call is a request in flight.
type call struct {
	asked  Request
	sent   time.Time
	served bool
	r      Page
	ok     bool
}

func newStage(m *model, width int, draw func(n int) int) *stage {
	return &stage{m: m, p: New(m.margin), width: width, draw: draw, found: union{}}
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
func (s *stage) run(stop func(*Prover) bool) {
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
			s.m.sweeping = s.p.phase == sweeping
			one.r, one.ok = s.m.serve(one.asked.Page, one.asked.Size)
			one.served = true
			if s.draw(2) == 0 {
				continue // others first
			}
			s.pass()
		}
		s.flying = slices.Delete(s.flying, i, i+1)
		switch {
		case one.ok:
			s.log = append(s.log, func(p *Prover) { p.Observe(one.asked, one.r) })
			one.r.sent, one.r.arrived = one.sent, s.m.local
			s.p.Observe(one.asked, one.r)
			s.found.add(one.r.Rows)
		default:
			refuse := func(p *Prover) {
				if !p.Refuse(one.asked) {
					p.GiveUp("refused")
				}
			}
			s.log = append(s.log, refuse)
			refuse(s.p)
		}
	}
}

func (s *stage) send() {
	for {
		for q, more := s.p.Next(s.width); more; q, more = s.p.Next(s.width) {
			s.m.wait(q)
			s.flying = append(s.flying, &call{asked: q, sent: s.m.local})
			s.log = append(s.log, func(p *Prover) {
				if again, ok := p.Next(s.width); !ok || again != q {
					s.wrong = fmt.Sprintf("replayed, it asks for %v and not for %v", again, q)
				}
			})
			s.pass()
		}
		more := s.width - len(s.flying)
		switch last := s.p.read; {
		case more <= 0:
			return
		case s.p.Split(more):
			s.log = append(s.log, func(p *Prover) { p.Split(more) })
		case len(s.flying) == 0 && s.p.SweepAgain(last):
			s.log = append(s.log, func(p *Prover) { p.SweepAgain(last) })
		default:
			return
		}
	}
}

func toTheEnd(*Prover) bool { return false }

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

// drawStage draws a walk in segments of any length over a model, and the order in
// which requests are served and answered.
func drawStage(t *rapid.T, m *model) *stage {
	choices := rapid.SliceOfN(rapid.IntRange(0, 59), 1, 60).Draw(t, "choices")
	drawn := 0
	s := newStage(m, rapid.IntRange(1, 6).Draw(t, "width"), func(n int) int {
		drawn++
		return choices[drawn%len(choices)] % n
	})
	s.p.walk.least = rapid.Int64Range(1, 4).Draw(t, "pages a segment")
	return s
}

// What holds for requests one after the other holds for requests at the same
// time, in whatever order they are served and answered.
func TestSegmentsLoseNothingUnderAnyScript(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := drawModel
		if rapid.Bool().Draw(t, "long") {
			draw = drawLong
		}
		s := drawStage(t, draw(t))
		s.run(toTheEnd)
		p := s.p
		if s.wrong != "" {
			t.Fatal(s.wrong)
		}
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

// What a prover does follows from the calls: replayed, they give the same
// requests and the same proof.
func TestSegmentsCanBeReplayed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawStage(t, drawLong(t))
		s.run(toTheEnd)
		again := New(s.m.margin)
		again.walk.least = s.p.walk.least
		for _, do := range s.log {
			do(again)
		}
		if s.wrong != "" {
			t.Fatal(s.wrong)
		}
		if got, want := again.Account(), s.p.Account(); !reflect.DeepEqual(got, want) {
			t.Fatalf("proof %+v, want %+v", got, want)
		}
	})
}

// Without the checks of the gaps rows are lost: the test can tell.
func TestGapsMustBeChecked(t *testing.T) {
	lost := 0
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 2))
		s := newStage(newModel(quietList(1000), 10, rates(seed, 0.5, 1, 0.5)), 4, random.IntN)
		s.run(func(p *Prover) bool { return p.phase == checking })
		for _, row := range s.m.list {
			// What has moved is the business of the sweeps.
			if _, ok := s.found[modelID(row.id)]; !ok && row.at*1000 < s.p.floor {
				lost++
			}
		}
	}
	if lost == 0 {
		t.Error("nothing is lost")
	}
}

// Whatever a server does, segments claim no more than one reader would.
func TestSegmentsNeverClaimMoreThanTheyHave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawLong(t)
		off := rapid.IntRange(-3, 3).Draw(t, "total off by")
		switch rapid.IntRange(0, 4).Draw(t, "quirk") {
		case 0:
			m.quirk.unsorted = true
			list := m.list
			m.list = nil
			for _, row := range list {
				m.place(row)
			}
		case 1:
			m.quirk.total = func(_, n int) int { return max(0, n+off) }
		case 2:
			m.quirk.noTotal = true
		case 3:
			m.quirk.cap = rapid.IntRange(1, 12).Draw(t, "cap")
		case 4:
			sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 9).Draw(t, "sizes")
			m.quirk.perPage = func(answer int) int { return sizes[answer%len(sizes)] }
		}
		s := drawStage(t, m)
		s.run(toTheEnd)
		p := s.p
		if (p.method == "") == (p.reason == "") || !p.done() {
			t.Fatalf("method %q with reason %q, done %v", p.method, p.reason, p.done())
		}
		if m.quirk.unsorted && p.doubt == "" || p.method == MethodPasses && len(m.deleted) > 0 || m.quirk.total != nil && off < 0 && len(m.deleted) > 0 {
			return
		}
		if broken := m.broken(s.found); p.method != "" && broken != "" {
			t.Fatalf("%s by %s, doubt %q", broken, p.method, p.doubt)
		}
	})
}

// A list that stands still costs no request more, however many segments read it.
func TestSegmentsOfAQuietListCostNothing(t *testing.T) {
	for _, rows := range []int{159, 160, 161, 500, 1999} {
		for width := 1; width <= MostInFlight; width++ {
			random := rand.New(rand.NewPCG(uint64(rows), uint64(width)))
			s := newStage(newModel(quietList(rows), 10, still), width, random.IntN)
			s.run(toTheEnd)
			pages := int64(rows+9) / 10
			if s.p.method != MethodSweep || s.p.reads != pages+1 || len(s.found) != rows || s.p.sweeps != 1 {
				t.Errorf("%d rows, width %d: %d requests by %q, %d rows, doubt %q", rows, width, s.p.reads, s.p.method, len(s.found), s.p.doubt)
			}
			worth := min(max(pages/MostInFlight, leastPages), segmentPages)
			if want := min(width, int((pages-1)/worth)); s.most < want || s.most > max(want, 1) {
				t.Errorf("%d rows, width %d: %d requests at the same time, want %d", rows, width, s.most, want)
			}
		}
	}
}

// A first page that looks as it did does not say that nothing has moved: the
// totals of all pages must be the same, too.
func TestSegmentsOfAListThatSeemsToStandStill(t *testing.T) {
	for name, steps := range map[string]map[int][]move{
		"a row comes, one goes, and the first goes again": {3: {comes, goes(8)}, 4: {goes(0)}},
		"a row comes and goes again":                      {3: {comes}, 4: {goes(0)}},
		"a row jumps and is deleted":                      {3: {{kind: jump, where: 7}}, 4: {goes(0)}},
	} {
		m := newModel(quietList(8), 2, at(steps))
		p, found := New(exact), union{}
		p.walk.least = 1
		asked := map[int64]Request{}
		for _, page := range []int64{1, 4, 2, 3} {
			for q, more := p.Next(1); more || page > 1 && p.Split(3-len(asked)); q, more = p.Next(1) {
				if more {
					asked[q.Page] = q
				}
			}
			r, _ := m.answer(asked[page])
			p.Observe(asked[page], r)
			delete(asked, page)
			found.add(r.Rows)
		}
		for q, more := ask(p); more; q, more = ask(p) {
			r, _ := m.answer(q)
			p.Observe(q, r)
			found.add(r.Rows)
		}
		if p.method != MethodSweep || p.doubt != "" || m.stale(found) != "" {
			t.Errorf("%s: method %q, doubt %q: %s", name, p.method, p.doubt, m.stale(found))
		}
	}
}

// Segments that lie anywhere in a list that moves under them leave gaps, which
// are closed.
func TestSegmentsThatDoNotFit(t *testing.T) {
	bulk := func(n, where int) []move { return slices.Repeat([]move{goes(where)}, n) }
	equal := quietList(1000)
	for i := range 600 {
		equal[i+200] = equal[200]
	}
	for name, one := range map[string]struct {
		ats   []int64
		moves map[int][]move
		past  string
	}{
		"equal times":                              {slices.Repeat([]int64{5}, 1000), nil, "empty"},
		"equal times in the middle":                {equal, nil, "empty"},
		"a list that shrinks before they begin":    {quietList(1000), map[int][]move{1: bulk(800, 0)}, "empty"},
		"the same, and the last page again":        {quietList(1000), map[int][]move{1: bulk(800, 0)}, "last"},
		"the same, and a refusal":                  {quietList(1000), map[int][]move{1: bulk(800, 0)}, "refuse"},
		"a list that shrinks under them":           {quietList(1000), map[int][]move{12: bulk(800, 0)}, "empty"},
		"one that shrinks from below":              {quietList(1000), map[int][]move{12: bulk(800, 199)}, "refuse"},
		"segments that begin in the wrong order":   {quietList(1000), map[int][]move{4: bulk(500, 0)}, "empty"},
		"many rows at the top while they begin":    {quietList(1000), map[int][]move{2: slices.Repeat([]move{comes}, 900)}, "empty"},
		"all that the segments below have is gone": {quietList(1000), map[int][]move{12: bulk(850, 150)}, "last"},
		"a row of the border jumps and goes again": {quietList(1000), map[int][]move{5: {{kind: jump, where: 250}, {kind: jump, where: 251}, {kind: jump, where: 252}}}, "empty"},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(10) {
				random := rand.New(rand.NewPCG(seed, 3))
				m := newModel(one.ats, 10, at(one.moves))
				m.quirk.past = one.past
				s := newStage(m, 4, random.IntN)
				s.run(toTheEnd)
				if s.wrong != "" || s.p.method != MethodSweep || s.p.doubt != "" || m.stale(s.found) != "" {
					t.Fatalf("seed %d: %s, method %q, doubt %q, reason %q: %s", seed, s.wrong, s.p.method, s.p.doubt, s.p.reason, m.stale(s.found))
				}
				if seed == 0 {
					t.Logf("%d requests, %d segments, %d checks", s.p.reads, s.p.walk.made, s.p.steps)
				}
			}
		})
	}
}

var comes = move{kind: enter, after: 1}

// goes deletes the row at a place.
func goes(where int) move { return move{kind: remove, where: where} }

// at is a script of movements before some answers.
func at(moves map[int][]move) script { return func(answer int) []move { return moves[answer] } }
