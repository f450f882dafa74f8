package prover

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var seedsFlag = flag.Int("walk.seeds", 3, "seeds per line of the table of rates")

// Movements that never stop, at rates per request: what the plain walk loses,
// what the proven walk loses, and what it costs.
func TestWalkAtRates(t *testing.T) {
	const rows, perPage = 1500, 50
	t.Logf("%d rows, pages of %d, %d seeds a line", rows, perPage, *seedsFlag)
	t.Logf("%-16s %10s %10s %10s %10s %8s", "jumps,new,gone", "plain lost", "lost", "unproven", "doubted", "cost")
	for _, rate := range [][3]float64{
		{0, 0, 0}, {0.1, 0, 0}, {1, 0, 0}, {5, 0, 0}, {0, 0.1, 0}, {0, 1, 0}, {0, 5, 0},
		{0, 0, 0.1}, {0, 0, 0.5}, {0, 0, 1}, {0, 0, 2}, {0, 0, 5}, {0.1, 0.1, 0.1}, {2, 0.5, 0.2}, {1, 0, 1}, {1, 1, 1}, {5, 0, 5}, {10, 3, 2}, {5, 5, 5},
	} {
		name := fmt.Sprintf("%v,%v,%v", rate[0], rate[1], rate[2])
		var plainLost, lost, unproven, doubted, reads int
		for seed := range uint64(*seedsFlag) {
			moves := func() script { return rates(seed, rate[0], rate[1], rate[2]) }
			m := newModel(quietList(rows), perPage, moves())
			plainLost += m.lost(plain(m))

			m = newModel(quietList(rows), perPage, moves())
			p, found := prove(m)
			reads += int(p.reads)
			lost += m.lost(found)
			if p.method == "" {
				unproven++
			} else if stale := m.stale(found); stale != "" {
				t.Errorf("%s, seed %d: %s", name, seed, stale)
			}
			if p.doubt != "" {
				doubted++
			}
		}
		if moves := rate[0] + rate[2]; moves > 0 && plainLost == 0 {
			t.Errorf("%s: the plain walk loses nothing, so this line shows nothing", name)
		}
		if unproven > 0 {
			t.Errorf("%s: %d walks of %d were not proven", name, unproven, *seedsFlag)
		}
		quiet := *seedsFlag * rows / perPage
		t.Logf("%-16s %10d %10d %10d %10d %8.2f", name, plainLost, lost, unproven, doubted, float64(reads)/float64(quiet))
	}
}

// What segments cost beside one reader, while the list moves for as long as the
// walk lasts.
func TestSegmentsAtRates(t *testing.T) {
	const rows, perPage, width = 5000, 50, 4
	seeds := (*seedsFlag + 2) / 3
	t.Logf("%d rows, pages of %d, %d seeds a line", rows, perPage, seeds)
	t.Logf("%-16s %10s %10s %10s %10s", "jumps,new,gone", "1 reader", "4 segments", "doubted", "unproven")
	for _, rate := range [][3]float64{
		{0, 0, 0}, {0.01, 0, 0}, {0.1, 0, 0}, {1, 0, 0}, {5, 0, 0}, {0, 0.1, 0}, {0, 1, 0}, {0, 0, 0.1}, {0, 0, 1}, {0.1, 0.1, 0.1}, {1, 1, 1}, {5, 5, 5},
	} {
		name := fmt.Sprintf("%v,%v,%v", rate[0], rate[1], rate[2])
		reads, doubted, unproven := map[int]int64{}, 0, 0
		for seed := range uint64(seeds) {
			for _, width := range []int{1, width} {
				random := rand.New(rand.NewPCG(seed, 4))
				m := newModel(quietList(rows), perPage, rates(seed, rate[0], rate[1], rate[2]))
				s := newStage(m, width, random.IntN)
				s.run(toTheEnd)
				reads[width] += s.p.reads
				if s.p.doubt != "" {
					doubted++
				}
				if s.p.method == "" {
					unproven++
				} else if stale := m.stale(s.found); stale != "" {
					t.Errorf("%s, seed %d, %d segments: %s", name, seed, width, stale)
				}
			}
		}
		if unproven+doubted > 0 {
			t.Errorf("%s: %d of %d walks were not proven, %d doubted", name, unproven, 2*seeds, doubted)
		}
		quiet := float64(seeds) * rows / perPage
		t.Logf("%-16s %10.2f %10.2f %10d %10d", name, float64(reads[1])/quiet, float64(reads[width])/quiet, doubted, unproven)
	}
}
