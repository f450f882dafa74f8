package ratelimit

import (
	"math/rand/v2"
	"testing"
	"time"
)

// No call needs to take the shortest way there and back at once: the round trips of the
// first calls are all longer than the shortest way there of one call and the shortest way
// back of another.
func TestBudgetAllowsForWaysThatNoRoundTripHasShownTogether(t *testing.T) {
	ways := map[string]func(*rand.Rand) float64{
		"even":        func(dice *rand.Rand) float64 { return dice.Float64() },
		"mostly fast": func(dice *rand.Rand) float64 { return dice.ExpFloat64() / 4 },
		"bell":        func(dice *rand.Rand) float64 { return (dice.Float64() + dice.Float64() + dice.Float64()) / 3 },
	}
	for name, draw := range ways {
		for _, latency := range []time.Duration{20 * time.Millisecond, 300 * time.Millisecond, time.Second} {
			for _, jitter := range []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second} {
				for seed := range uint64(20) {
					dice := rand.New(rand.NewPCG(seed, uint64(jitter)))
					one := func() time.Duration { return latency/2 + time.Duration(draw(dice)*float64(jitter)/2) }
					tr := traffic{most: 20, road: func(int) road { return road{there: one(), back: one()} }}
					arrivals, _ := tr.run(300)
					if least, tooMany := crowded(arrivals); tooMany {
						t.Errorf("%s, %s and up to %s more, seed %d: 21 calls within %s", name, latency, jitter, seed, least)
					}
				}
			}
		}
	}
}
