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
		t.pages++
		t.rows += int64(event.Rows)
	case exporter.Resumed:
		t.started, t.taken = at, t.rows
	case exporter.RowsWritten:
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

// settled is how long a phase must have run before its speed means something.
const settled = time.Second

// perSecond is the mean speed of the phase in rows; 0 when it is not known yet.
func (t *tally) perSecond(at time.Time) float64 {
	if elapsed := at.Sub(t.started); elapsed >= settled {
		return float64(t.rows-t.taken) / elapsed.Seconds()
	}
	return 0
}

// longestEstimate is the longest remaining time that is shown.
const longestEstimate = 1000 * time.Hour

// left estimates the rest of the phase from its speed so far.
func (t *tally) left(at time.Time) (time.Duration, bool) {
	speed := t.perSecond(at)
	if speed == 0 || t.rows >= t.total {
		return 0, false
	}
	seconds := math.Ceil(float64(t.total-t.rows) / speed)
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
