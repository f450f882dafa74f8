package exporter

import "time"

// Rate is how fast a source may be asked.
type Rate struct {
	// Requests may be made in every Window; 0 means no limit.
	Requests int64
	Window   time.Duration
}

// LeastTime is the least time in which the rate allows that many requests.
func (r Rate) LeastTime(requests int64) time.Duration {
	if r.Requests == 0 {
		return 0
	}
	return time.Duration(max(requests-1, 0)/r.Requests) * r.Window
}
