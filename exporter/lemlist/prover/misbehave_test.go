package prover

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

func still(int) []move { return nil }

func TestWalkOfAQuietListCostsOneMorePage(t *testing.T) {
	for _, one := range []struct {
		rows, perPage int
		reads         int64
		method        string
	}{
		{0, 10, 1, MethodPage},
		{1, 10, 1, MethodPage},
		{10, 10, 1, MethodPage}, // one page is one atomic read
		{11, 10, 3, MethodSweep},
		{100, 10, 11, MethodSweep},
		{101, 10, 12, MethodSweep},
	} {
		p, found := prove(newModel(quietList(one.rows), one.perPage, still))
		if p.reads != one.reads || p.method != one.method || len(found) != one.rows {
			t.Errorf("%d rows, pages of %d: %d pages by %q, %d rows", one.rows, one.perPage, p.reads, p.method, len(found))
		}
	}
}

// A bulk change gives many rows one time: more than a page of them on top.
func TestWalkOfAListWithOneTimeEndsWithTwoLooks(t *testing.T) {
	ats := make([]int64, 100)
	for i := range ats {
		ats[i] = 5
	}
	p, found := prove(newModel(ats, 10, still))
	if p.method != MethodSweep || len(found) != 100 || p.sweeps != 2 {
		t.Errorf("method %q, %d rows, %d sweeps, reason %q", p.method, len(found), p.sweeps, p.reason)
	}
}

// Rows without lastActivityAt sort last and are rows like others.
func TestWalkOfRowsWithoutTime(t *testing.T) {
	m := newModel(quietList(35), 10, still)
	p, found := New(exact), union{}
	for q, more := ask(p); more; q, more = ask(p) {
		r, _ := m.answer(q)
		for i := range r.Rows {
			if r.offset+int64(i) >= 18 {
				r.Rows[i].At = never
			}
		}
		p.Observe(q, r)
		found.add(r.Rows)
	}
	if p.method != MethodSweep || p.reads != 5 || len(found) != 35 {
		t.Errorf("method %q, %d pages, %d rows, doubt %q", p.method, p.reads, len(found), p.doubt)
	}
}

// What a server can do that the argument excludes: it is noticed, and the proof
// claims less.
func TestWalkNoticesWhatItDoesNotAssume(t *testing.T) {
	for name, one := range map[string]struct {
		quirk         quirk
		method        string
		doubt, reason string
	}{
		"another order":              {quirk{unsorted: true}, MethodPasses, "not sorted", ""},
		"no totals":                  {quirk{noTotal: true}, MethodSweep, "", ""},
		"a total too small":          {quirk{total: func(_, n int) int { return n - 1 }}, MethodSweep, "", ""},
		"a total a little too large": {quirk{total: func(_, n int) int { return n + 1 }}, "", "", "states 96 conversations and lists 95, twice the same"},
		"a total much too large":     {quirk{total: func(_, n int) int { return n + 11 }}, "", "", "states 106 conversations and lists 95, twice the same"},
		"a total that grows alone":   {quirk{total: func(answer, n int) int { return n - 20 + 20*min(answer, 1) }}, MethodSweep, "", ""},
		"an end before the end":      {quirk{cap: 7}, "", "", "states 95 conversations and lists 70, twice the same"},
		"a page that names itself":   {quirk{stuckPage: 4}, "", "names page 4", "names page 4"},
		"the same page for ever":     {quirk{sameNext: true}, "", "", "repeats"},
		"a page size that changes":   {quirk{perPage: func(n int) int { return max(10-n/3, 7) }}, MethodSweep, "", ""},
		"a page size that grows":     {quirk{perPage: func(n int) int { return 5 + n }}, MethodSweep, "", ""},
		"the last page, beyond it":   {quirk{past: "last"}, MethodSweep, "", ""},
		"a refusal beyond the end":   {quirk{past: "refuse"}, MethodSweep, "", ""},
		"nothing beyond the end":     {quirk{past: "empty"}, MethodSweep, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			ats := quietList(95)
			for i := range ats { // the ids' order is not the times'
				ats[i] = int64(i * 37 % 95)
			}
			m := newModel(ats, 10, still)
			m.quirk = one.quirk
			if one.quirk.unsorted {
				list := m.list
				m.list = nil
				for _, row := range list {
					m.place(row)
				}
			}
			p, found := prove(m)
			if p.method != one.method || !strings.Contains(p.doubt, one.doubt) || !strings.Contains(p.reason, one.reason) || (p.doubt == "") != (one.doubt == "" && one.method != "") && one.doubt != "" {
				t.Errorf("method %q, doubt %q, reason %q", p.method, p.doubt, p.reason)
			}
			if p.method != "" && m.lost(found) > 0 {
				t.Errorf("%d of 95 rows are missing", m.lost(found))
			}
			if (p.method == "") == (p.reason == "") {
				t.Errorf("method %q with reason %q", p.method, p.reason)
			}
		})
	}
}

// A list that shrinks below the page that was announced: whatever the server
// answers there, the walk ends with all that is left.
func TestWalkBeyondTheEnd(t *testing.T) {
	for _, past := range []string{"empty", "last", "refuse"} {
		m := newModel(quietList(100), 10, func(answer int) []move {
			if answer != 9 {
				return nil
			}
			moves := make([]move, 45) // the newest rows go
			for i := range moves {
				moves[i] = move{kind: remove}
			}
			return moves
		})
		m.quirk.past = past
		p, found := prove(m)
		if p.method != MethodSweep || m.stale(found) != "" || p.reads > 25 {
			t.Errorf("%s: method %q, %d pages, doubt %q, reason %q, %s", past, p.method, p.reads, p.doubt, p.reason, m.stale(found))
		}
	}
}

// A conversation that left comes back with its old time, where the walk looks:
// after that the seams prove nothing.
func TestWalkNoticesARowThatComesBack(t *testing.T) {
	m := newModel(quietList(100), 10, still)
	hidden := m.list[13]
	m.list = append(m.list[:13:13], m.list[14:]...)
	m.script = func(answer int) []move {
		switch answer {
		case 2: // page 3: the walk steps back to page 2
			return []move{{kind: remove, where: 5}}
		case 3:
			m.place(hidden)
		}
		return nil
	}
	p, found := prove(m)
	if p.method != MethodSweep || !strings.Contains(p.reopened, "appeared") || m.stale(found) != "" {
		t.Errorf("method %q, walked again because %q", p.method, p.reopened)
	}
}

// Whatever a server does, a walk that says complete has lost nothing. Two
// exceptions, see docs/walk.md: an order that no page shows to be wrong, and
// equal passes over a list that loses rows at the same time.
func TestWalkNeverClaimsMoreThanItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ats := rapid.SliceOfN(rapid.Int64Range(1, 40), 0, 60).Draw(t, "times")
		steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []move { return drawMoves(t, "moves") }), 0, 30).Draw(t, "script")
		m := newModel(ats, rapid.IntRange(1, 12).Draw(t, "per page"), func(answer int) []move {
			if answer < len(steps) {
				return steps[answer]
			}
			return nil
		})
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
			m.quirk.cap = rapid.IntRange(1, 5).Draw(t, "cap")
		case 4:
			sizes := rapid.SliceOfN(rapid.IntRange(1, 9), 1, 9).Draw(t, "sizes")
			m.quirk.perPage = func(answer int) int { return sizes[answer%len(sizes)] }
		}
		p, found := prove(m)
		if (p.method == "") == (p.reason == "") {
			t.Fatalf("method %q with reason %q", p.method, p.reason)
		}
		if m.quirk.unsorted && p.doubt == "" || p.method == MethodPasses && len(m.deleted) > 0 {
			return
		}
		if broken := m.broken(found); p.method != "" && broken != "" {
			t.Fatalf("%s by %s, doubt %q", broken, p.method, p.doubt)
		}
	})
}

// Without the closing sweep, jumps lose rows; without the checks, deletions do. The
// tests can tell.
func TestWalkNeedsLooksAndChecks(t *testing.T) {
	var noSweeps, noChecks int
	for seed := range uint64(20) {
		m := newModel(quietList(500), 10, rates(seed, 1, 0, 0))
		_, found := proveUntil(m, func(p *Prover) bool { return p.walk.done() })
		noSweeps += m.lost(found)

		m = newModel(quietList(500), 10, rates(seed, 0, 0, 0.2))
		_, found = proveUntil(m, func(p *Prover) bool { return p.phase == checking })
		noChecks += m.lost(found)
	}
	if noSweeps == 0 || noChecks == 0 {
		t.Errorf("lost %d rows without sweeps, %d without checks", noSweeps, noChecks)
	}
}

// Time that the local clock measures tells whether the newest rows can still
// get company of the same millisecond.
func TestWalkTrustsTheNewestTimeOnlyAfterATick(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	page := func(sent time.Time) Page {
		r := Page{asked: 1, served: 1, perPage: 2, placed: true, end: 2, next: 2, total: new(int64(4)), sent: sent, arrived: sent}
		r.Rows = []Row{{ID: schema.HashID("a"), At: 9}, {ID: schema.HashID("b"), At: 9}}
		return r
	}
	for _, one := range []struct {
		later time.Duration
		want  bool
	}{{0, false}, {tick - 1, false}, {tick, true}} {
		p := New(exact)
		q, _ := p.Next(1)
		p.Observe(q, page(start))
		p.phase = waiting
		q, _ = ask(p)
		p.Observe(q, page(start.Add(one.later)))
		if p.closed != one.want {
			t.Errorf("%v later: closed %v", one.later, p.closed)
		}
	}
}

// A server that gives its last page for page 1, and says so, has not shown the list: no walk takes
// that for the top of it.
func TestWalkNoticesAnotherPageInPlaceOfTheFirst(t *testing.T) {
	for _, served := range []int64{0, 2, 7} {
		for first := range int64(5) { // the answer from which on it does
			for _, since := range []bool{false, true} {
				m := newModel(quietList(35), 10, still)
				p := New(exact)
				if since {
					p = NewSince(Watermark{Newest: time.UnixMilli(7 * 2), Total: new(int64(2))}, exact)
				}
				for q, more := ask(p); more; q, more = ask(p) {
					r, _ := m.answer(q)
					if q.Page == 1 && int64(m.answers) > first {
						r = NewPage(1, r.Rows[3:8], Stated{Current: new(served), PerPage: new(int64(10))}, r.sent, r.arrived)
					}
					p.Observe(q, r)
				}
				if p.method != "" && p.method != MethodPasses || p.method != "" && served > 1 {
					t.Errorf("page %d from answer %d on, since %v: by %q, %d rows", served, first, since, p.method, p.distinct())
				}
			}
		}
	}
}

// The first page alone may leave its total out, and so may every page of a walk since a watermark.
func TestALongListWithFewTotalsIsProven(t *testing.T) {
	for name, without := range map[string]func(read int64) bool{
		"the first page": func(read int64) bool { return read == 1 },
		"every page":     func(int64) bool { return true },
		"but the last":   func(read int64) bool { return read < 150 },
	} {
		for _, since := range []bool{false, true} {
			m := newModel(quietList(2000), 10, still)
			p, want := New(exact), MethodSweep
			if since {
				p, want = NewSince(Watermark{Newest: time.UnixMilli(7 * 500)}, exact), MethodSince
			}
			for q, more := ask(p); more; q, more = ask(p) {
				r, _ := m.answer(q)
				if without(p.reads + 1) {
					r.total = nil
				}
				p.Observe(q, r)
			}
			if p.method != want {
				t.Errorf("%s, since %v: method %q after %d pages: %s, %s", name, since, p.method, p.reads, p.widened, p.reason)
			}
		}
	}
}

// A list that stated its total before, and states none any more, is walked in full.
func TestALongListThatStatesNoTotalAnyMoreIsProven(t *testing.T) {
	m := newModel(quietList(2000), 10, still)
	m.quirk.noTotal = true
	p := NewSince(Watermark{Newest: time.UnixMilli(7 * 500), Total: new(int64(500))}, exact)
	for q, more := ask(p); more; q, more = ask(p) {
		r, _ := m.answer(q)
		p.Observe(q, r)
	}
	if p.method != MethodSweep || p.widened == "" {
		t.Errorf("method %q after %d pages: %s, %s", p.method, p.reads, p.widened, p.reason)
	}
}

// A list without totals that has no end is read once, and no plain pass over it begins.
func TestAListWithoutTotalsAndWithoutAnEndIsGivenUp(t *testing.T) {
	p, sent := New(exact), time.Unix(1_700_000_000, 0)
	for q, more := ask(p); more; q, more = ask(p) {
		rows := []Row{{ID: modelID(int(q.Page)), At: 1e12 - q.Page, Created: 1}}
		p.Observe(q, NewPage(q.Page, rows, Stated{Current: new(q.Page), Next: new(q.Page + 1), PerPage: new(int64(1))}, sent, sent))
	}
	if p.reads > maxPages || p.method != "" || p.reason != "the list does not end after 200000 pages" {
		t.Errorf("method %q after %d pages: %s", p.method, p.reads, p.reason)
	}
}

// A list without totals is read to its end, however long it is.
func TestALongListWithoutTotalsIsProven(t *testing.T) {
	m := newModel(quietList(2000), 10, func(int) []move { return nil })
	m.quirk.noTotal = true
	p, found := prove(m)
	if p.method != MethodSweep || len(found) != 2000 {
		t.Errorf("method %q after %d pages with %d rows: %s", p.method, p.reads, len(found), p.reason)
	}
}
