package engine

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestTheGuardOfAFileHoldsForAnyNumberOfRows(t *testing.T) {
	if gone := (ShrinkPlan{Max: 0.999999999999999999}).mostGone(math.MaxInt64); gone != math.MaxInt64 {
		t.Errorf("%d", gone)
	}
	rapid.Check(t, func(t *rapid.T) {
		rows, guard := rapid.Int64Min(0).Draw(t, "rows"), ShrinkPlan{Max: rapid.Float64Range(0, 1).Draw(t, "max")}
		if gone := guard.mostGone(rows); gone < 0 || gone > rows {
			t.Fatalf("%d of %d", gone, rows)
		}
	})
}
