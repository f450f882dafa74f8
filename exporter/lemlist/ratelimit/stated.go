package ratelimit

import "github.com/lemexport/lemexport/exporter"

// Some servers state X-RateLimit-Remaining: 0 on every answer. Taken at its word that is
// one call a window for ever: others seem to have made all the calls that we did not make.
// A true 0 says so too, when another program takes 19 calls of every window, and only a
// trial tells the two apart: after some equal statements that leave almost nothing to
// us, one call more is made in a window, then two, then four. A 429 ends the
// trial, and the next one comes after twice as many statements.

const (
	// usualPatience is the number of equal statements before a trial.
	usualPatience = 3
	// longestPatience bounds how rare trials become.
	longestPatience = 512
)

// stated is what the latest answers say is left, as long as they say the same.
type stated struct {
	remaining, times int
	tried            int // places that are used although others are said to need them
	patience         int // doubles with every trial that ends with a 429; 0 is usual
}

// believed is how many calls of others are believed in, of those that an answer tells
// of.
func (s *stated) believed(r Reply, foreign int) int {
	switch {
	case r.Throttled:
		if s.tried > 0 {
			s.patience = min(2*max(s.patience, usualPatience), longestPatience)
		}
		s.times, s.tried = 0, 0
	case s.times == 0 || r.Remaining != s.remaining: // it counts something
		s.remaining, s.times, s.tried = r.Remaining, 1, 0
	default:
		s.times++
		if almostAll := 3 * exporter.RateLimit / 4; foreign > almostAll && s.times%max(s.patience, usualPatience) == 0 {
			s.tried = max(1, 2*s.tried)
		}
	}
	return foreign - s.tried
}
