package lemlist

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// readAll reads every page and counts the rows of a walk over a shelf.
func readAll(t *testing.T, s *shelf, users ...string) (proof exporter.Proof, ids map[string]bool) {
	t.Helper()
	var seen events
	w := newWalk(t.Context(), s, users, allowed, &seen)
	ids = map[string]bool{}
	for page, err := range w.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range idsIn(page.Record) {
			ids[id] = true
		}
	}
	return w.Proof(), ids
}

// An answer that a user is not in the team may be a mistake: it is asked for again,
// later. Only who is refused twice, and of whom no page ever came, is skipped.
func TestAUserIsSkippedOnlyWhenRefusedTwiceFromTheFirstPageOn(t *testing.T) {
	for name, one := range map[string]struct {
		page    string
		lapses  int
		skipped bool
		reason  string
	}{
		"never":                 {"usr_a:1", 0, false, ""},
		"once, at first":        {"usr_a:1", 1, false, ""},
		"twice, at first":       {"usr_a:1", 2, true, ""},
		"once, on page 2":       {"usr_a:2", 1, false, ""},
		"twice, on the last":    {"usr_a:3", 2, false, ""},
		"for ever, on page 2":   {"usr_a:2", 99, false, "after 1 pages the API said"},
		"for ever, on the last": {"usr_a:3", 99, false, "after 2 pages the API said"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShelf(t, map[string]*model{"usr_a": newModel(quietList(25), 10, still), "usr_b": newModel(quietList(5), 10, still)})
				s.lapses[one.page] = one.lapses
				began := time.Now()
				proof, ids := readAll(t, s, "usr_a", "usr_b")
				if took := time.Since(began); one.lapses > 0 && took < allowed.Settle {
					t.Errorf("it was asked again after %v", took)
				}
				if skipped := len(proof.Skipped) == 1 && proof.Skipped[0].Partition == "usr_a"; skipped != one.skipped {
					t.Errorf("skipped %v", proof.Skipped)
				}
				if proof.Complete != (one.reason == "") || !strings.Contains(strings.Join(proof.Reasons, "\n"), one.reason) {
					t.Errorf("complete %v: %q", proof.Complete, proof.Reasons)
				}
				if want := 25; proof.Complete && !one.skipped && len(ids) != want {
					t.Errorf("%d rows, want %d", len(ids), want)
				}
			})
		})
	}
}

// A refusal that arrives when nobody waits for the page any more changes nothing.
func TestALateRefusalOfAUserIsOfNoUse(t *testing.T) {
	p := New(allowed)
	in := &inbox{user: "usr_a", prover: p}
	w := &walk{margin: allowed, obs: new(events)}
	first, _ := p.Next()
	second := p.ask(Request{Page: 2}) // a strand's
	odd := Page{asked: 1, served: 1, perPage: 2, placed: true, end: 2, next: 2, total: new(int64(4)), Rows: []Row{{ID: modelID(1), At: 1}, {ID: modelID(2), At: 2}}}
	p.Observe(first, odd)
	if p.phase != passing || p.discard != 1 {
		t.Fatalf("phase %d, %d answers of no use", p.phase, p.discard)
	}
	w.denied(landed{from: in, asked: second})
	if q, ok := p.Next(); !ok || q.Page != 1 || p.discard != 0 {
		t.Errorf("the passes begin with %v, %d answers of no use", q, p.discard)
	}
}

// A cache that ignores whose list it is gives all users one.
func TestEqualListsThatNameNobodyAreNotProven(t *testing.T) {
	named := func(user string) string { return user }
	for name, one := range map[string]struct {
		a, b   int
		names  func(string) string
		reason string
	}{
		"equal, named":        {25, 25, named, ""},
		"equal, nobody named": {25, 25, nil, "the very same list"},
		"other lists":         {25, 26, nil, ""},
		"one row each":        {1, 1, nil, ""},
		"empty":               {0, 0, nil, ""},
		"somebody else named": {25, 26, func(string) string { return "usr_a" }, "rows do not name the user"},
	} {
		for _, unsorted := range []bool{false, true} {
			a, b := newModel(quietList(one.a), 10, still), newModel(quietList(one.b), 10, still)
			if unsorted { // then it is read by plain passes
				for _, m := range []*model{a, b} {
					m.quirk.unsorted = true
					slices.SortFunc(m.list, m.before)
				}
			}
			s := newShelf(t, map[string]*model{"usr_a": a, "usr_b": b})
			s.names = one.names
			proof, _ := readAll(t, s, "usr_a", "usr_b")
			reason := one.reason
			if proof.Complete != (reason == "") || !strings.Contains(strings.Join(proof.Reasons, "\n"), reason) {
				t.Errorf("%s, unsorted %v: complete %v: %q", name, unsorted, proof.Complete, proof.Reasons)
			}
		}
	}
}

// Rows whose sort key cannot be read make the order unknown, by whatever method.
func TestTimesThatCannotBeReadAreNotProven(t *testing.T) {
	for _, unsorted := range []bool{false, true} {
		m := newModel(quietList(25), 10, still)
		if m.quirk.unsorted = unsorted; unsorted {
			slices.SortFunc(m.list, m.before)
		}
		p := New(allowed)
		for q, more := ask(p); more; q, more = ask(p) {
			r, _ := m.answer(q)
			if r.asked == 3 {
				r.Audit.Unreadable = 1
			}
			p.Observe(q, r)
		}
		if p.method != "" || !strings.Contains(p.reason, "cannot be read") || (p.doubt != "") != unsorted {
			t.Errorf("unsorted %v: method %q, reason %q, doubt %q", unsorted, p.method, p.reason, p.doubt)
		}
	}
}

// Pages without rows that name a next one, for ever: it ends soon.
func TestEmptyPagesWithoutEndAreNotRead(t *testing.T) {
	for _, total := range []*int64{nil, new(int64(0)), new(int64(25)), new(int64(1 << 40))} {
		for _, full := range []int64{0, 2} { // so many pages have rows
			m := newModel(quietList(25), 10, still)
			p := New(allowed)
			for q, more := ask(p); more; q, more = ask(p) {
				r, _ := m.answer(q)
				r.total, r.next = total, q.Page+1
				if q.Page > full {
					r.Rows, r.end = nil, r.offset
				}
				if p.Observe(q, r); p.reads > 200 {
					t.Fatalf("%d pages", p.reads)
				}
			}
			if p.method != "" || p.reason == "" {
				t.Errorf("%d full pages: by %q, %q", full, p.method, p.reason)
			}
		}
	}
}
