package sim

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

func TestAnIDTellsItsNumber(t *testing.T) {
	shape := regexp.MustCompile(`^ibx_[2-9A-HJ-NP-TW-Za-km-z]{15,18}$`)
	rapid.Check(t, func(t *rapid.T) {
		names := ids{rapid.Uint64().Draw(t, "seed")}
		n := rapid.Uint64().Draw(t, "n")
		id := names.of("ibx_", n)
		if !shape.MatchString(id) {
			t.Fatalf("%s has another shape", id)
		}
		if back, ok := names.number("ibx_", id); !ok || back != n {
			t.Fatalf("%s is number %d; it was made of %d", id, back, n)
		}
		if names.of("ctc_", n)[4:] == id[4:] {
			t.Fatalf("ibx_ and ctc_ of %d share their letters", n)
		}
		other := rapid.StringMatching(`ibx_[2-9A-Za-z]{0,18}`).Draw(t, "other")
		if found, ok := names.number("ibx_", other); ok && names.of("ibx_", found) != other {
			t.Fatalf("%s is taken for %d", other, found)
		}
	})
}

func TestAListKeepsItsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// Lists of some thousand rows, so that blocks split and vanish.
		size := rapid.IntRange(0, 3000).Draw(t, "size")
		l := list{before: func(a, b uint32) bool { return a > b }}
		model := map[uint32]bool{}
		var rows []uint32
		for n := size; n > 0; n-- {
			rows = append(rows, uint32(n)*2)
			model[uint32(n)*2] = true
		}
		l.fill(rows)
		dice := stream(rapid.Uint64().Draw(t, "dice"))
		low := rapid.IntRange(1, 7000).Draw(t, "low")
		for range rapid.IntRange(0, 4000).Draw(t, "changes") {
			n := uint32(dice.below(low))
			if dice.one(3) {
				if l.remove(n) != model[n] {
					t.Fatalf("remove(%d) is wrong", n)
				}
				delete(model, n)
			} else if !model[n] {
				l.insert(n)
				model[n] = true
			}
		}
		all := l.window(nil, 0, l.length+1)
		if len(all) != len(model) || l.length != len(model) {
			t.Fatalf("%d rows, length %d; there are %d", len(all), l.length, len(model))
		}
		for i, n := range all {
			if !model[n] || i > 0 && all[i-1] <= n || l.at(i) != n {
				t.Fatalf("row %d at position %d is out of place", n, i)
			}
		}
	})
}
