package ratelimit

import "time"

// Several programs that all want more than there is get equal shares. Without a
// rule the one that is awake would take all places that become free at once, and
// have them again a window later.
//
// A program that has to wait says how many callers wait in it, and until when it
// means to be back. Until then nobody else takes a place that it would need for
// its share, unless for a share of one's own. What nobody claims is anybody's.

const (
	// ledgerPoll is how often the account is looked at again when others may have
	// changed it. Their calls count for two seconds after their end, so there is time.
	ledgerPoll = 100 * time.Millisecond
	// alonePoll is the same while there was nobody else at the last look. A newcomer
	// finds few places free at once: those that are taken are for two seconds.
	alonePoll = 5 * ledgerPoll
	// grace is how late a program may be to take what it claims.
	grace = 50 * time.Millisecond
	// giveWay is how long the others are given to take it.
	giveWay = 5 * time.Millisecond
)

// program is one of those that share the budget.
type program struct {
	seen  time.Time
	wants int       // places that it waits for
	until time.Time // the claim is good until then
}

// claimed reports whether all places that are free now are for other programs.
func (b *budget) claimed(now time.Time) bool {
	places, held := max(1, b.limit-b.expect(now)), make(map[string]int)
	free := places
	for _, c := range b.calls {
		if c.done.IsZero() || b.free(c).After(now) {
			held[c.owner]++
			free--
		}
	}
	hungry := 1 // this one
	for _, p := range b.programs {
		if p.claims(now) {
			hungry++
		}
	}
	share := (places + hungry - 1) / hungry
	if held[""] < share {
		return false
	}
	for name, p := range b.programs {
		if p.claims(now) {
			free -= min(p.wants, max(0, share-held[name]))
		}
	}
	return free <= 0
}

func (p *program) claims(now time.Time) bool { return p.wants > 0 && p.until.After(now) }
