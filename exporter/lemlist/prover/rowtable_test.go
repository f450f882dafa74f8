package prover

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestRowTableIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	var table rowTable
	want := map[uint64]int64{}
	for range 20_000 {
		key, at := random.Uint64N(6000)<<(random.Uint64N(3)*29), random.Int64N(100) // 0 is one of them
		key = max(key, 1)
		before, known := want[key]
		if got, ok := table.put(key, at); ok != known || known && got != before || !known && got != never {
			t.Fatalf("key %d: %d, %v, want %d, %v", key, got, ok, before, known)
		}
		want[key] = max(at, before)
		if !known {
			want[key] = at
		}
	}
	var young int64
	for key, at := range want {
		if got, ok := table.get(key); !ok || got != at {
			t.Fatalf("key %d: %d, want %d", key, got, at)
		}
		if at >= 90 {
			young++
		}
	}
	if _, ok := table.get(1<<62 | 7_777); ok || table.len() != len(want) || table.since(90) != young {
		t.Errorf("%d rows, want %d; %d young, want %d", table.len(), len(want), table.since(90), young)
	}
	if table.put(0, 7); table.len() != len(want)+1 {
		if at, ok := table.get(0); !ok || at < 7 {
			t.Error("the key 0 is not kept")
		}
	}
}

// However many rows there are, two ninths of the slots and 64 in each part are free at the most once
// a table has grown, and no growth needs much more than that.
func TestRowTableHoldsItsRowsOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 1))
	var table rowTable
	for rows := 1; rows <= 400_000; rows++ {
		table.put(random.Uint64(), 1)
		if rows%1000 != 0 {
			continue
		}
		slots, largest := 0, 0
		for _, part := range table.parts {
			slots += cap(part.slots)
			largest = max(largest, cap(part.slots))
		}
		if most := rows*13/10 + 100*len(table.parts); slots > most {
			t.Fatalf("%d slots for %d rows, %d at the most", slots, rows, most)
		}
		if largest > max(2*smallTable, slots/100) {
			t.Fatalf("one part has %d slots of %d: its growth needs as many more", largest, slots)
		}
	}
	if table.len() != 400_000 {
		t.Errorf("%d rows", table.len())
	}
}

// A row is gone when a stretch shows fewer rows than were seen between its ends.
func TestRowsThatAreGoneAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table rowTable
		ats := rapid.SliceOfN(rapid.Int64Range(1, 30), 0, 50).Draw(t, "times")
		for i, at := range ats {
			table.put(uint64(i)+1, at)
		}
		end := rapid.SampledFrom([]int64{never, 0, 1, 5, 10, 20, 29, 30, 31})
		stretches := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) stretch {
			return stretch{head: end.Draw(t, "head"), tail: end.Draw(t, "tail"), rows: rapid.Int64Range(0, 50).Draw(t, "rows")}
		}), 0, 4).Draw(t, "stretches")
		want := slices.ContainsFunc(stretches, func(s stretch) bool {
			between := int64(0)
			for _, at := range ats {
				if at > s.tail && at < s.head {
					between++
				}
			}
			return between > s.rows
		})
		if got := rowGone(&table, stretches); got != want {
			t.Fatalf("gone is %t of %v in %v", got, ats, stretches)
		}
	})
}
