package ratelimit

import (
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// other is another process of a test.
type other struct {
	held  int
	waits bool
	late  bool // it did not look for a place in time
}

func TestAProcessLeavesWaitingOnesTheirShares(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		others []other
		takes  int
	}{
		"no other process":               {takes: 20},
		"one that does not wait":         {others: []other{{held: 4}}, takes: 16},
		"one that waits":                 {others: []other{{waits: true}}, takes: 10},
		"one that does not come in time": {others: []other{{waits: true, late: true}}, takes: 20},
		"one that has its share":         {others: []other{{waits: true, held: 10}}, takes: 10},
		"one that has a part of it":      {others: []other{{waits: true, held: 4}}, takes: 10},
		"one that has almost everything": {others: []other{{waits: true, held: 17}}, takes: 3},
		"three that wait":                {others: []other{{waits: true}, {waits: true}, {waits: true}}, takes: 5},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBudget()
			b.processes = make(map[string]process)
			for i, o := range test.others {
				name, p := string(rune('a'+i)), process{seen: now}
				if o.waits {
					p.waiting = now.Add(time.Millisecond)
				}
				if o.late {
					p.waiting = now.Add(-time.Millisecond)
				}
				b.processes[name] = p
				for range o.held {
					b.take(now).owner = name
				}
			}
			takes := 0
			for {
				if at, known := b.next(now); !known || at.After(now) || b.yields(now) || takes > exporter.RateLimit {
					break
				}
				b.take(now)
				takes++
			}
			if takes != test.takes {
				t.Errorf("took %d places, want %d", takes, test.takes)
			}
		})
	}
}
