package prover

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A refusal that arrives when nobody waits for the page any more changes nothing.
func TestALateRefusalOfAUserIsOfNoUse(t *testing.T) {
	p := New(allowed)
	first, _ := p.Next(1)
	second := p.ask(Request{Page: 2}) // a segment's
	odd := Page{asked: 1, served: 1, perPage: 2, placed: true, end: 2, next: 2, total: new(int64(4)), Rows: []Row{{ID: modelID(1), At: 1}, {ID: modelID(2), At: 2}}}
	p.Observe(first, odd)
	if p.phase != passing || p.discard != 1 {
		t.Fatalf("phase %d, %d answers of no use", p.phase, p.discard)
	}
	p.Deny(second, time.Time{}, "no")
	if q, ok := p.Next(1); !ok || q.Page != 1 || p.discard != 0 {
		t.Errorf("the passes begin with %v, %d answers of no use", q, p.discard)
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
