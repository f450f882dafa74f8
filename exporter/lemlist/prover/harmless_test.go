package prover

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// harmless is what a list can do once, or for ever, and be read all the same.
var harmless = map[string]func(at int) (quirk, []move){
	"a jump":                   func(int) (quirk, []move) { return quirk{}, []move{{kind: jump, where: 90, after: 1}} },
	"a jump dated back":        func(int) (quirk, []move) { return quirk{}, []move{{kind: jump, where: 90, after: 1, older: 60}} },
	"an entry":                 func(int) (quirk, []move) { return quirk{}, []move{{kind: enter, after: 1}} },
	"an entry dated back":      func(int) (quirk, []move) { return quirk{}, []move{{kind: enter, after: 1, older: 60}} },
	"a deletion at the top":    func(int) (quirk, []move) { return quirk{}, []move{{kind: remove, where: 3}} },
	"a deletion in the middle": func(int) (quirk, []move) { return quirk{}, []move{{kind: remove, where: 90}} },
	"a row that vanishes":      func(int) (quirk, []move) { return quirk{}, []move{{kind: vanish, where: 90}} },
	"a row handed in":          func(int) (quirk, []move) { return quirk{}, []move{{kind: handIn, where: 90}} },
	"a clock that steps back":  func(int) (quirk, []move) { return quirk{}, []move{{kind: jump, where: 90, after: -60}} },
	"rows of one time on top":  func(int) (quirk, []move) { return quirk{}, repeat(move{kind: jump, where: 150}, 25) },
	"no totals":                func(int) (quirk, []move) { return quirk{noTotal: true}, nil },
	"one total one too few":    func(at int) (quirk, []move) { return quirk{total: off(at, -1)}, nil },
	"one total one too many":   func(at int) (quirk, []move) { return quirk{total: off(at, 1)}, nil },
	"all totals one too few":   func(int) (quirk, []move) { return quirk{total: func(_, n int) int { return n - 1 }}, nil },
	"one short page": func(at int) (quirk, []move) {
		return quirk{irregular: irregular{short: func(answer, _ int) bool { return answer == at }}}, nil
	},
	"a size that is not asked for": func(int) (quirk, []move) { return quirk{fixed: true}, []move{{kind: jump, where: 90, after: 1}} },
	"one deletion when counted after": func(at int) (quirk, []move) {
		return quirk{irregular: irregular{counts: "after", between: func(answer int) []move {
			if answer != at {
				return nil
			}
			return []move{{kind: remove, where: 3}}
		}}}, nil
	},
}

func repeat(one move, times int) []move {
	moves := make([]move, times)
	for i := range moves {
		moves[i] = one
	}
	return moves
}

func off(at, by int) func(answer, exact int) int {
	return func(answer, exact int) int {
		if answer == at {
			return exact + by
		}
		return exact
	}
}

// A list that stands still but for one harmless thing, whenever it happens, is proven.
func TestWalkOfAStillListWithOneOddityIsProven(t *testing.T) {
	for name, oddity := range harmless {
		for _, width := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d at once", name, width), func(t *testing.T) {
				for at := range 26 {
					quirk, moves := oddity(at)
					m := newModel(quietList(195), 10, func(answer int) []move {
						if answer == at && at > 0 {
							return moves
						}
						return nil
					})
					m.margin, m.quirk = allowed, quirk
					p, found := walkOf(t, m, width, uint64(at))
					if lost, stale := m.lost(found), m.stale(found); p.method == "" || p.method == MethodPasses || lost > 0 || stale != "" && quirk.counts == "" {
						t.Errorf("at answer %d: by %q, %d rows are missing, %s, reason %q, doubt %q", at, p.method, lost, stale, p.reason, p.doubt)
					}
				}
			})
		}
	}
}

// Whatever happens together, in whatever order answers come: a walk ends, and has
// all that it claims. Dates ahead, replicas and totals that do not fit are among it.
func TestWalkOfAnyIrregularListClaimsWhatItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 120).Draw(t, "rows")
		same := rapid.IntRange(1, 4).Draw(t, "rows of one time")
		ats := make([]int64, n)
		for i := range ats {
			ats[i] = int64(i/same+1) * 3
		}
		moves := func(label string) script {
			steps := rapid.MapOfN(rapid.IntRange(0, 50), rapid.Custom(func(t *rapid.T) move {
				return move{
					kind:  kind(rapid.IntRange(0, int(remove)).Draw(t, "kind")),
					where: rapid.IntRange(0, 200).Draw(t, "where"),
					after: int64(rapid.IntRange(0, 1).Draw(t, "after")),
					older: int64(rapid.IntRange(0, 40).Draw(t, "older")),
				}
			}), 0, 8).Draw(t, label)
			return func(answer int) []move {
				if one, ok := steps[answer]; ok {
					return []move{one}
				}
				return nil
			}
		}
		m := newModel(ats, rapid.IntRange(1, 9).Draw(t, "per page"), moves("moves"))
		m.margin = Margin{Lookback: time.Duration(rapid.IntRange(40, 90).Draw(t, "lookback")) * time.Millisecond, Settle: 200 * time.Millisecond}
		m.quirk.counts = rapid.SampledFrom([]string{"", "before", "after"}).Draw(t, "counts")
		m.quirk.past = rapid.SampledFrom([]string{"empty", "last", "refuse"}).Draw(t, "past the end")
		m.quirk.fixed = rapid.Bool().Draw(t, "size ignored")
		if m.quirk.counts != "" {
			m.quirk.between = moves("between")
		}
		if rapid.Bool().Draw(t, "off") {
			m.quirk.total = off(rapid.IntRange(0, 30).Draw(t, "off at"), rapid.IntRange(-2, 2).Draw(t, "off by"))
		}
		s := drawStage(t, m)
		s.run(toTheEnd)
		switch p := s.p; {
		case s.wrong != "":
			t.Fatal(s.wrong)
		case !p.done() || (p.method == "") == (p.reason == ""):
			t.Fatalf("done %v after %d pages, method %q, reason %q", p.done(), p.reads, p.method, p.reason)
		case p.method == "" || p.method == MethodPasses && len(m.deleted) > 0:
			return
		}
		// The proof states how far back the times of rows may lie that move during the sweeps.
		lookback := s.p.held
		if s.p.method == MethodPasses {
			lookback = m.margin.Lookback
		}
		if lost := m.lostWithin(s.found, lookback); lost > 0 {
			t.Fatalf("%d rows are missing, by %s, doubt %q", lost, s.p.method, s.p.doubt)
		}
	})
}

// A conversation is handed in among those that were read, and another one goes: the
// totals of the first page and of the last agree, but not those in between.
func TestWalkReadsAgainWhenATotalGrewAlone(t *testing.T) {
	for _, width := range []int{1, 4} {
		m := newModel(quietList(400), 10, func(answer int) []move {
			switch answer {
			case 26:
				return []move{{kind: handIn, where: 33}}
			case 36:
				return []move{{kind: remove, where: 200}} // it was read
			}
			return nil
		})
		m.margin = allowed
		p, found := walkOf(t, m, width, 1)
		if stale := m.stale(found); p.method != MethodSweep || stale != "" || p.walked < 2 {
			t.Errorf("%d at once: by %q, %q, %s, %d walks, again because %q", width, p.method, p.reason, stale, p.walked, p.reopened)
		}
	}
}
