package prover

import (
	"testing"

	"pgregory.net/rapid"
)

// drawMoves draws the movements of one request: mostly none.
func drawMoves(t *rapid.T, label string) []move {
	one := rapid.Custom(func(t *rapid.T) move {
		return move{
			kind:  kind(rapid.IntRange(0, 2).Draw(t, "kind")),
			where: rapid.IntRange(0, 200).Draw(t, "where"),
			after: int64(rapid.IntRange(0, 1).Draw(t, "after")),
		}
	})
	return rapid.SliceOfN(one, 0, 6).Draw(t, label)
}

// drawModel draws a list with many equal times and a script that is played
// once or for ever.
func drawModel(t *rapid.T) *model {
	ats := rapid.SliceOfN(rapid.Int64Range(1, 40), 0, 60).Draw(t, "times")
	perPage := rapid.IntRange(1, 12).Draw(t, "per page")
	steps := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []move { return drawMoves(t, "moves") }), 0, 40).Draw(t, "script")
	forever := rapid.Bool().Draw(t, "for ever")
	m := newModel(ats, perPage, func(answer int) []move {
		switch {
		case answer < len(steps):
			return steps[answer]
		case forever && len(steps) > 0:
			return steps[answer%len(steps)]
		}
		return nil
	})
	m.quirk.past = rapid.SampledFrom([]string{"empty", "last", "refuse"}).Draw(t, "past the end")
	return m
}

// Every conversation that is in the list when the walk ends is in the export in
// its newest version, and every one that was alive all the time is there,
// whatever moved, whenever the walk says that it is complete.
func TestWalkLosesNothingUnderAnyScript(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawModel(t)
		p, found := prove(m)
		if p.doubt != "" {
			t.Fatalf("a list that keeps the assumptions was doubted: %s", p.doubt)
		}
		if bound := p.budget; p.reads > bound {
			t.Fatalf("%d requests for %d pages", p.reads, m.mostPages)
		}
		if p.method == "" {
			if p.reason == "" {
				t.Fatal("incomplete without a reason")
			}
			return
		}
		if broken := m.broken(found); broken != "" {
			t.Fatal(broken)
		}
		if stale := m.stale(found); stale != "" {
			t.Fatal(stale)
		}
	})
}
