package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

func TestTheRestOfAPhaseIsEstimatedWhereItMeansSomething(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		total, rows int64
		left        time.Duration
		ok          bool
	}{
		"half":             {2000, 1000, 10 * time.Second, true},
		"all":              {1000, 1000, 0, false},
		"more than all":    {1000, 1100, 0, false},
		"unknown":          {0, 1000, 0, false},
		"no speed":         {1000, 0, 0, false},
		"longer than ever": {1e12, 1000, 0, false},
		"beyond a time":    {1 << 62, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			all := tally{started: start, total: test.total, rows: test.rows}
			if left, ok := all.left(start.Add(10 * time.Second)); left != test.left || ok != test.ok {
				t.Errorf("%s, %t", left, ok)
			}
			if share, ok := all.share(); ok && (share < 0 || share > 1) {
				t.Errorf("share %f", share)
			}
		})
	}
}

func TestASurveySaysHowManyUsersItHasRead(t *testing.T) {
	var progress tally
	progress.add(day(1), exporter.PhaseStarted{Phase: exporter.PhaseSurvey})
	progress.add(day(1), exporter.Surveyed{Done: 1240, Of: 160_000})
	if got := strings.Join(progressParts(progress, day(1).Add(124*time.Second)), ", "); got != "2 min 4 s, 1,240 of 160,000 users" {
		t.Error(got)
	}
}

// The API lets 20 requests through at the beginning of every 2 seconds.
func TestTheTimeLeftIsSteadyWhileRowsComeInBursts(t *testing.T) {
	start := day(1)
	progress := new(tally)
	progress.add(start, exporter.PhaseStarted{Phase: exporter.PhaseWalk, Total: 100_000})
	shown := 0
	for tick := range 400 { // of 100 ms
		now := start.Add(time.Duration(tick) * 100 * time.Millisecond)
		if tick%20 < 3 {
			for range 7 {
				progress.add(now, exporter.PageFetched{Rows: 100})
			}
		}
		left, ok := progress.left(now)
		if !ok {
			continue
		}
		shown++
		truth := time.Duration(float64(100_000-progress.rows) / 1050 * float64(time.Second))
		if off := (left - truth).Abs(); off > 3*time.Second {
			t.Fatalf("after %s: %s left, in truth %s", now.Sub(start), left, truth)
		}
		if next, ok := progress.left(now.Add(50 * time.Millisecond)); ok && next > left {
			t.Fatalf("after %s: the time left grew from %s to %s", now.Sub(start), left, next)
		}
	}
	if shown < 370 {
		t.Errorf("shown %d times of 400", shown)
	}
	stopped := start.Add(60 * time.Second)
	if left, ok := progress.left(stopped); !ok || left < 80*time.Second {
		t.Errorf("after rows stopped to come for 20 s: %s, %t", left, ok)
	}
}
