package prover

import (
	"testing"
	"time"
)

// The server counts after it has found the rows: one deletion in between, on page
// 1, is in no total, and the page after it begins a row too late. What moves to the
// top later pushes that row below what a sweep shows.
func TestWalkNoticesADeletionThatNoTotalShows(t *testing.T) {
	for page := range 4 {
		for _, width := range []int{1, 4} {
			m := newModel(quietList(400), 10, func(answer int) []move {
				if answer != 25 {
					return nil
				}
				return []move{{kind: jump, where: 50, after: 20}, {kind: jump, where: 60, after: 1}}
			})
			m.margin = Margin{Lookback: 20 * time.Millisecond, Settle: allowed.Settle}
			m.quirk.counts = "after"
			m.quirk.between = func(answer int) []move {
				if answer != page {
					return nil
				}
				return []move{{kind: remove, where: 3}}
			}
			p, found := walkOf(t, m, width, 1)
			if lost := m.lost(found); p.method == "" || lost > 0 {
				t.Errorf("answer %d, %d at once: by %q, %d rows are missing, %q", page, width, p.method, lost, p.reason)
			}
		}
	}
}

// Three pages of three rows, all newer than the floor. A row enters between the two
// segments and hides another one from both; only the sweep can show it. The row that
// entered is deleted between the rows and the total of one request of the sweep, so the
// page below begins one row too late, though it states the same total. A server that never
// counts again must not be believed.
func TestSweepNoticesADeletionBetweenPagesThatTouch(t *testing.T) {
	entry, deletion := []move{{kind: enter}}, []move{{kind: remove}}
	for _, counts := range []string{"before", "after", "never"} {
		for _, fixed := range []bool{false, true} {
			for at := 3; at < 16; at++ {
				m := newModel([]int64{3, 6, 9, 12, 15, 18, 21}, 3, func(answer int) []move {
					if answer == 2 {
						return entry
					}
					return nil
				})
				m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: 200 * time.Millisecond}
				m.quirk.counts, m.quirk.fixed = counts, fixed
				if counts == "never" {
					m.quirk.total = func(int, int) int { return 7 }
				}
				m.quirk.between = func(answer int) []move {
					if answer == at {
						return deletion
					}
					return nil
				}
				s := newStage(m, 2, func(n int) int { return 1 % n })
				s.p.walk.least = 1
				s.run(toTheEnd)
				unproven := s.p.method == "" && counts != "never"
				if lost := m.lost(s.found); s.wrong != "" || unproven || s.p.method != "" && lost > 0 {
					t.Errorf("deleted in answer %d, counts %q, size ignored %v: by %q, %d rows are missing, %s%s", at, counts, fixed, s.p.method, lost, s.p.reason, s.wrong)
				}
			}
		}
	}
}

// One request of the sweep deletes a row above its page and then has another one enter, so
// no total changes, and no page after it repeats a row. The row that entered is on page 1.
func TestSweepNoticesAnEntryThatNoTotalShows(t *testing.T) {
	ats := make([]int64, 82)
	for i := range ats {
		ats[i] = int64(i+1) * 3
	}
	m := newModel(ats, 9, func(answer int) []move {
		if answer == 3 || answer == 23 {
			return []move{{kind: remove}}
		}
		return nil
	})
	m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: 200 * time.Millisecond}
	m.quirk.counts, m.quirk.fixed = "after", true
	m.quirk.between = func(answer int) []move {
		switch answer {
		case 6: // hides the 10th row from the pages that the segments read
			return []move{{kind: jump, where: 45}}
		case 23:
			return []move{{kind: enter}}
		}
		return nil
	}
	choices, drawn := []int{0, 1, 1, 3, 29, 0}, 0
	s := newStage(m, 2, func(n int) int {
		drawn++
		return choices[drawn%len(choices)] % n
	})
	s.p.walk.least = 1
	s.run(toTheEnd)
	if lost := m.lost(s.found); s.wrong != "" || s.p.method != MethodSweep || lost > 0 {
		t.Errorf("by %q, %d rows are missing, %s%s", s.p.method, lost, s.p.reason, s.wrong)
	}
}

// One request deletes a row and follows an entry with an old time, so no total changes. The new
// row looks like one that always stood below page 1, and no page repeats a row. A check
// shows that the deleted row is gone.
func TestWalkNoticesARowThatIsGoneThoughNoTotalFell(t *testing.T) {
	ats := make([]int64, 51)
	for i := range ats {
		ats[i] = int64(i+1) * 3
	}
	m := newModel(ats, 5, func(answer int) []move {
		if answer == 1 {
			return []move{{kind: enter, older: 21}}
		}
		return nil
	})
	m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: 200 * time.Millisecond}
	m.quirk.counts = "after"
	m.quirk.between = func(answer int) []move {
		if answer == 1 {
			return []move{{kind: remove, where: 45}}
		}
		return nil
	}
	s := newStage(m, 4, func(n int) int { return 3 % n })
	s.p.walk.least = 1
	s.run(toTheEnd)
	if lost := m.lost(s.found); s.wrong != "" || s.p.method != MethodSweep || lost > 0 {
		t.Errorf("by %q, %d rows are missing, %s%s", s.p.method, lost, s.p.reason, s.wrong)
	}
}

// A total falls early. In a later request the newest row is deleted after the server has counted, so
// the page begins a row too late, and before the next request another row enters: no total changes.
// A sweep shows the new row several requests later, which is the only trace.
func TestWalkNoticesADeletionThatALaterEntryMakesUpFor(t *testing.T) {
	ats := make([]int64, 130)
	for i := range ats {
		ats[i] = int64(i+1) * 3
	}
	for name, fall := range map[string]func(m *model, answer int) []move{
		"the first total is one too many": func(m *model, _ int) []move {
			m.quirk.total = off(0, 1)
			return nil
		},
		"one total is one too few": func(m *model, _ int) []move {
			m.quirk.total = off(4, -1)
			return nil
		},
		"another row is deleted": func(_ *model, answer int) []move {
			if answer == 2 {
				return []move{{kind: remove, where: 1}}
			}
			return nil
		},
	} {
		for _, older := range []int64{0, 20} {
			for at := 1; at < 22; at++ {
				m := newModel(ats, 6, nil)
				m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: allowed.Settle}
				m.script = func(answer int) []move {
					if answer == at+1 {
						return append(fall(m, answer), move{kind: enter, older: older})
					}
					return fall(m, answer)
				}
				m.quirk.counts = "before"
				m.quirk.between = func(answer int) []move {
					if answer == at {
						return []move{{kind: remove}}
					}
					return nil
				}
				p, found := prove(m)
				if lost := m.lost(found); p.method != MethodSweep || lost > 0 {
					t.Errorf("%s, deleted in answer %d, the entry %d ms older: by %q, %d rows are missing, %s", name, at, older, p.method, lost, p.reason)
				}
			}
		}
	}
}

// hiddenThenMoved is a walk of a list of so many rows to its end, in which a deletion hides a row
// from the pages of the walk, and in that answer of the sweep some rows move.
func hiddenThenMoved(rows, at int, moves ...move) (*model, *stage) {
	ats := make([]int64, rows)
	for i := range ats {
		ats[i] = int64(i/2+1) * 3
	}
	m := newModel(ats, 3, still)
	m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: allowed.Settle}
	m.quirk.counts = "before"
	m.quirk.between = func(answer int) []move {
		switch answer {
		case (rows - 1) / 3: // the last page of the walk
			return []move{{kind: remove}}
		case (rows-1)/3 - 1:
			return []move{{kind: enter}}
		case at:
			return moves
		}
		return nil
	}
	s := newStage(m, 1, func(int) int { return 0 })
	s.run(toTheEnd)
	return m, s
}

// Every row is newer than the floor, so sweeps have several pages, and all of this happens before the
// server's clock goes on. A deletion hides a row from the pages of the walk. During the sweep that row
// moves above the pages already read, with a time older than the next sweep reaches. The
// rows that it pushes down are the only trace.
func TestSweepNoticesARowThatMovesBehindIt(t *testing.T) {
	proven := 0
	for rows := 8; rows < 12; rows++ {
		for at := 5; at < 12; at++ {
			for where := range rows {
				m, s := hiddenThenMoved(rows, at, move{kind: jump, where: where, older: 6})
				if s.p.method == "" {
					continue
				}
				proven++
				if lost := m.lost(s.found); lost > 0 {
					t.Errorf("%d rows, row %d moves in answer %d: by %q, %d rows are missing, looked back %v", rows, where, at, s.p.method, lost, s.p.held)
				}
			}
		}
	}
	if proven == 0 {
		t.Error("no walk was proven")
	}
}

// The same, and the last row of the pages already read jumps to the top in the same request: it is on no
// page below any more, but the rows above it are.
func TestSweepNoticesARowThatMovesBehindItWhileAnotherJumps(t *testing.T) {
	proven := 0
	for rows := 8; rows < 12; rows++ {
		for choice := range 7 * rows * rows * 2 {
			at, where, jumps, first := choice%7+5, choice/7%rows, choice/7/rows%rows, choice/7/rows/rows
			moves := []move{{kind: jump, where: where, older: 6}, {kind: jump, where: jumps}}
			m, s := hiddenThenMoved(rows, at, moves[first], moves[1-first])
			if s.p.method == "" {
				continue
			}
			proven++
			if lost := m.lost(s.found); lost > 0 {
				t.Errorf("%d rows, rows %d and %d move in answer %d, in order %d: by %q, %d rows are missing, looked back %v", rows, where, jumps, at, first, s.p.method, lost, s.p.held)
			}
		}
	}
	if proven == 0 {
		t.Error("no walk was proven")
	}
}

// A conversation enters with an old time, first seen below page 1 as if it had always stood there, in a
// request whose total is one too few. In a later request one of page 1 is deleted, after the rows
// were found: all totals are equal, and no page repeats a row. The sweep shows page 1 without the
// conversation that was deleted.
func TestWalkNoticesThatARowOfTheFirstPageIsGone(t *testing.T) {
	for gone := range 6 {
		for at := 2; at < 5; at++ {
			ats := make([]int64, 25)
			for i := range ats {
				ats[i] = int64(i+1) * 3
			}
			m := newModel(ats, 6, func(answer int) []move {
				if answer == 1 {
					return []move{{kind: enter, older: 15}}
				}
				return nil
			})
			m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: allowed.Settle}
			m.quirk.counts = "after"
			m.quirk.total = func(_, exact int) int { return min(exact, len(ats)) }
			m.quirk.between = func(answer int) []move {
				if answer == at {
					return []move{{kind: remove, where: gone}}
				}
				return nil
			}
			s := newStage(m, 1, func(int) int { return 0 })
			s.run(toTheEnd)
			if lost := m.lost(s.found); s.p.method != MethodSweep || lost > 0 {
				t.Errorf("row %d deleted in answer %d: by %q, %d rows are missing, %s", gone, at, s.p.method, lost, s.p.reason)
			}
		}
	}
}

// The same in the request of page 2, whose total is right: the next page begins a row too late. A later
// deletion, after the rows were found, makes a total fall, so the numbers do not tell.
func TestWalkNoticesADeletionThatAnEntryWithAnOldTimeMakesUpFor(t *testing.T) {
	proven := 0
	for fall := 3; fall < 26; fall++ {
		ats := make([]int64, 69)
		for i := range ats {
			ats[i] = int64(i/2+1) * 3
		}
		m := newModel(ats, 4, func(answer int) []move {
			if answer == 1 {
				return []move{{kind: enter, older: 8}}
			}
			return nil
		})
		m.margin = Margin{Lookback: 40 * time.Millisecond, Settle: allowed.Settle}
		m.quirk.counts = "after"
		m.quirk.between = func(answer int) []move {
			switch answer {
			case 1:
				return []move{{kind: remove, where: 4}}
			case fall:
				return []move{{kind: remove}}
			}
			return nil
		}
		s := newStage(m, 2, func(n int) int { return 1 % n })
		s.p.walk.least = 1
		s.run(toTheEnd)
		if s.p.method == "" {
			continue
		}
		proven++
		if lost := m.lost(s.found); lost > 0 {
			t.Errorf("the other one deleted in answer %d: by %q, %d rows are missing", fall, s.p.method, lost)
		}
	}
	if proven < 20 {
		t.Errorf("%d of 23 walks are proven", proven)
	}
}
