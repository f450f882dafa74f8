package lemlist

import "github.com/lemexport/lemexport/exporter"

// Some servers state the same number on every answer, for instance
// X-RateLimit-Remaining: 0. Taken at its word that is one call a window for ever. A
// number that counts calls changes with ours: so it is doubted when it stays the same
// while our own calls in the window vary. Where they are too few to vary, one more is
// tried now and then, and a 429 ends the trial.

const (
	// usualPatience is the number of equal statements before a trial.
	usualPatience = 3
	// longestPatience bounds how rare trials become.
	longestPatience = 512
	// telling is by how much our own calls must vary.
	telling = 4
)

// stated is what the latest answers say is left, as long as they say the same.
type stated struct {
	remaining, times int
	least, most      int // of our own calls in the window, at these answers
	tried            int // places that are used although others are said to need them
	patience         int // doubles with every trial that ends with a 429; 0 is usual
}

// believed is how many calls of others are believed in, of those that an answer tells
// of. ours is the number of our own calls in the window.
func (s *stated) believed(r reply, foreign, ours int) int {
	switch {
	case r.throttled:
		if s.tried > 0 || s.constant() {
			s.patience = min(2*max(s.patience, usualPatience), longestPatience)
		}
		s.times, s.tried, s.least, s.most = 0, 0, 0, 0
		return foreign
	case !r.stated:
		return foreign
	case s.times == 0 || r.remaining != s.remaining:
		s.remaining, s.times, s.tried, s.least, s.most = r.remaining, 1, 0, ours, ours
		return foreign
	}
	s.times++
	s.least, s.most = min(s.least, ours), max(s.most, ours)
	if s.constant() {
		return 0
	}
	// Others who really take most of the limit leave us too few calls to tell.
	if much := 3 * exporter.RateLimit / 4; foreign > much && s.times%max(s.patience, usualPatience) == 0 {
		s.tried = max(1, 2*s.tried)
	}
	return foreign - s.tried
}

// constant reports whether the number does not count calls.
func (s *stated) constant() bool { return s.times > 0 && s.most-s.least >= telling }
