package ratelimit

import (
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

func TestAProgramLeavesTheOthersWhatTheyClaimOfTheirShares(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	soon, past := now.Add(time.Millisecond), now.Add(-time.Millisecond)
	for name, test := range map[string]struct {
		others []program
		held   int // by the first of them
		takes  int
	}{
		"nobody else":                   {takes: 20},
		"one who wants nothing":         {others: []program{{until: soon}}, takes: 20},
		"one who wants little":          {others: []program{{wants: 3, until: soon}}, takes: 17},
		"one who wants everything":      {others: []program{{wants: 30, until: soon}}, takes: 10},
		"one who did not come in time":  {others: []program{{wants: 30, until: past}}, takes: 20},
		"one who has its share":         {others: []program{{wants: 30, until: soon}}, held: 10, takes: 10},
		"one who has a part of it":      {others: []program{{wants: 30, until: soon}}, held: 4, takes: 10},
		"one who has it all but a few":  {others: []program{{wants: 30, until: soon}}, held: 17, takes: 3},
		"two, one of whom wants little": {others: []program{{wants: 30, until: soon}, {wants: 1, until: soon}}, takes: 12},
		"four who want everything": {others: []program{
			{wants: 30, until: soon}, {wants: 30, until: soon}, {wants: 30, until: soon}, {wants: 30, until: soon}}, takes: 4},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBudget()
			b.programs = make(map[string]*program)
			for i, other := range test.others {
				b.programs[string(rune('a'+i))] = &other
			}
			for range test.held {
				b.take(now).owner = "a"
			}
			takes := 0
			for {
				if at, known := b.next(now); !known || at.After(now) || b.claimed(now) || takes > exporter.RateLimit {
					break
				}
				b.take(now)
				takes++
			}
			if takes != test.takes {
				t.Errorf("took %d places", takes)
			}
		})
	}
}
