package cli

import (
	"math"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// tally sums up the events of a run.
type tally struct {
	phase   exporter.Phase
	started time.Time
	// table is what the phase reads or writes; "" when the run has one table only.
	table string
	// total is the number of rows the phase expects: an upper bound for the walk,
	// 0 when unknown.
	total int64
	rows  int64
	pages int64
	// taken is the number of rows reused from an earlier run. They do not count for the
	// speed, which counts from started.
	taken int64
	// sampled and sampledRows are when the first row of a burst came, and how many rows there
	// were before it.
	sampled     time.Time
	sampledRows int64
	// surveyed is how many users a survey has read so far.
	surveyed exporter.Surveyed
}

func (t *tally) add(at time.Time, event exporter.Event) {
	switch event := event.(type) {
	case exporter.PhaseStarted:
		*t = tally{phase: event.Phase, started: at, total: event.Total, table: event.Table}
	case exporter.Surveyed:
		t.surveyed = event
	case exporter.PageFetched:
		t.sample(at)
		t.pages++
		t.rows += int64(event.Rows)
	case exporter.Resumed:
		t.started, t.taken, t.sampled = at, t.rows, time.Time{}
	case exporter.RowsWritten:
		t.sample(at)
		t.rows = event.Rows
	}
}

// name is the name of the phase, with the table when there are several.
func (t *tally) name() string {
	if t.table == "" {
		return phaseName(t.phase)
	}
	return phaseName(t.phase) + " " + t.table
}

// burst is the time between two bursts of rows: the API allows so many requests in a window
// of this length, and they are sent at its beginning.
const burst = 2 * time.Second

// sample notes how many rows there are before those that come now. Speeds compare samples,
// so that they do not fall between two bursts and rise in each.
func (t *tally) sample(at time.Time) {
	before := t.sampled
	if before.IsZero() {
		before = t.started
	}
	if at.Sub(before) >= burst {
		t.sampled, t.sampledRows = at, t.rows
	}
}

// measured is a moment and the rows at it: the last sample, or now when rows have stopped
// coming. ok is false when it is too early to know a speed.
func (t *tally) measured(now time.Time) (at time.Time, rows int64, ok bool) {
	const stalled = 3 * burst
	switch {
	case t.rows >= t.total: // nothing is left to estimate
		return now, t.rows, now.Sub(t.started) >= burst/2
	case !t.sampled.IsZero() && now.Sub(t.sampled) < stalled:
		return t.sampled, t.sampledRows, true
	}
	return now, t.rows, now.Sub(t.started) >= stalled
}

// perSecond is the mean speed of the phase in rows; 0 when it is not known yet.
func (t *tally) perSecond(now time.Time) float64 {
	at, rows, ok := t.measured(now)
	if !ok {
		return 0
	}
	return float64(rows-t.taken) / at.Sub(t.started).Seconds()
}

// longestEstimate is the longest remaining time that is shown.
const longestEstimate = 1000 * time.Hour

// left estimates the rest of the phase from its speed so far. Between two samples it counts
// down.
func (t *tally) left(now time.Time) (time.Duration, bool) {
	speed := t.perSecond(now)
	if speed <= 0 || t.rows >= t.total {
		return 0, false
	}
	at, rows, _ := t.measured(now)
	seconds := max(math.Ceil(float64(t.total-rows)/speed-now.Sub(at).Seconds()), 1)
	if seconds > longestEstimate.Seconds() {
		return 0, false
	}
	return time.Duration(seconds) * time.Second, true
}

// share is how much of the phase is done, from 0 to 1; ok is false when its
// size is unknown. The end of a walk is never known, so it does not reach 1.
func (t *tally) share() (share float64, ok bool) {
	if t.total <= 0 {
		return 0, false
	}
	most := 1.0
	if t.phase == exporter.PhaseWalk {
		most = 0.99
	}
	return min(float64(t.rows)/float64(t.total), most), true
}
