package lemlist

import (
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
				s := newShelf(t, map[string]*list{"usr_a": newList(25, 10), "usr_b": newList(5, 10)})
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
			of := newList
			if unsorted { // then it is read by plain passes
				of = newUnsortedList
			}
			a, b := of(one.a, 10), of(one.b, 10)
			s := newShelf(t, map[string]*list{"usr_a": a, "usr_b": b})
			s.names = one.names
			proof, _ := readAll(t, s, "usr_a", "usr_b")
			reason := one.reason
			if proof.Complete != (reason == "") || !strings.Contains(strings.Join(proof.Reasons, "\n"), reason) {
				t.Errorf("%s, unsorted %v: complete %v: %q", name, unsorted, proof.Complete, proof.Reasons)
			}
		}
	}
}
