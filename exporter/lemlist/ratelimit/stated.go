package ratelimit

// Some servers state X-RateLimit-Remaining: 0 on every response. Believed, that is one
// call a window for ever: other programs seem to make all the calls that we do not make.
// The same number is true when another program makes 19 calls in every window. Only a
// trial can tell: after some equal statements that leave almost nothing to us, the
// budget allows one call more a window, then two, then four. A 429 ends the trial, and
// the next one comes after twice as many statements.

const (
	// usualPatience is the number of equal statements before a trial.
	usualPatience = 3
	// longestPatience bounds how rare trials become.
	longestPatience = 512
)

// stated is the remaining number of the latest responses, as long as they state the same.
type stated struct {
	remaining, times int
	tried            int // places that are used although other programs seem to need them
	patience         int // doubles with every trial that ends with a 429; 0 is usual
}

// believed returns how many of the calls of other programs, which a response shows, are
// held back.
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
		if almostAll := 3 * Requests / 4; foreign > almostAll && s.times%max(s.patience, usualPatience) == 0 {
			s.tried = max(1, 2*s.tried)
		}
	}
	return foreign - s.tried
}
