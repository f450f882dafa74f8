package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// start is when the lists of a test begin.
func start() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// newLists are the lists of two users, who share every third conversation: one
// every minute before start.
func newLists(each int) *lists {
	l := &lists{page: 10, rows: map[string]map[string]time.Time{"usr_a": {}, "usr_b": {}}, widened: map[string]bool{}, doubted: map[string]bool{}}
	for i := range 2 * each {
		l.put(fmt.Sprintf("ibx_%03d", i), start().Add(-time.Duration(i)*time.Minute))
	}
	return l
}

// put gives a conversation that time, in the lists that it belongs to.
func (l *lists) put(id string, at time.Time) {
	var number int
	_, _ = fmt.Sscanf(id, "ibx_%d", &number)
	if number%3 != 1 {
		l.rows["usr_a"][id] = at
	}
	if number%3 != 2 {
		l.rows["usr_b"][id] = at
	}
}

// view is the newest version of every conversation that the export has.
func (b *bench) viewOf(t *testing.T, mode string) map[string]time.Time {
	t.Helper()
	if mode == exporter.ModeMerge {
		return idsOf(t, b.file())
	}
	return b.view(t)
}

// Rows that come late, backdated, dated ahead, without a time or with a list that
// is widened: increments miss none within the lookback, and append none twice.
func TestIncrementsInARowMissNothingWithinTheLookback(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		for seed := range uint64(6) {
			t.Run(fmt.Sprintf("%s, seed %d", mode, seed), func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 12))
				b := newBench(t, sim.Options{Users: 1, Conversations: sim.None})
				b.sortableIDs()
				l := newLists(40)
				l.serve(b)
				job := in(mode, b.job(b.dir))
				job.Exports[0].FullEvery = 0
				b.mustApply(t, job)
				now, next := start(), 100
				for round := range 12 {
					before := now
					now = now.Add(time.Duration(random.IntN(20)) * time.Minute)
					l.now = now
					for range random.IntN(30) {
						// As old as the lookback allows, seen from the newest row of the run before.
						at := now.Add(-time.Duration(random.IntN(int(now.Sub(before)+29*time.Minute)/1e6)) * time.Millisecond)
						id := fmt.Sprintf("ibx_%03d", random.IntN(next))
						if random.IntN(3) == 0 {
							id = fmt.Sprintf("ibx_%03d", next)
							next++
						}
						if l.truth()[id].Before(at) {
							l.put(id, at)
						}
					}
					l.widened["usr_a"], l.widened["usr_b"] = random.IntN(4) == 0, round == 7
					if l.widened["usr_a"] {
						l.put(fmt.Sprintf("ibx_%03d", 900+3*round), time.Time{})        // shows in usr_a
						l.put(fmt.Sprintf("ibx_%03d", 600+3*round), start().Add(-1e14)) // long ago
					}
					if round == 3 {
						l.put("ibx_599", now.Add(time.Hour))
					}
					b.mustApply(t, job)
					l.check(t, round, b.viewOf(t, mode))
					if t.Failed() {
						t.FailNow()
					}
				}
				if mode == exporter.ModeAppend {
					b.once(t)
				}
				for verified, err := range b.VerifyEach(t.Context(), b.dir) {
					if err != nil || !verified.OK() {
						t.Errorf("%v: %+v", err, verified.Checks)
					}
				}
			})
		}
	}
}

// A list that breaks an assumption is read in full each time. What it shows again
// is in the earlier files.
func TestAListThatIsReadInFullAddsNothingTwice(t *testing.T) {
	for name, change := range map[string]func(*lists){
		"widened each time": func(l *lists) { l.widened["usr_a"], l.widened["usr_b"] = true, true },
		"doubted":           func(l *lists) { l.doubted["usr_a"], l.doubted["usr_b"] = true, true },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 1, Conversations: sim.None})
			b.sortableIDs()
			b.Memory = 200 << 10 // not all rows of the earlier files at once
			l := newLists(200)
			l.put("ibx_900", time.Time{})
			change(l)
			l.serve(b)
			job := in(exporter.ModeAppend, b.job(b.dir))
			b.mustApply(t, job)
			for round := range 3 {
				if _, quiet := b.mustApply(t, job); len(quiet.NothingNew) != 1 {
					t.Errorf("nothing is new, and a file has %d rows", quiet.Exports[0].Manifest.Rows)
				}
				l.put(fmt.Sprintf("ibx_%03d", 300+round), start().Add(time.Duration(round)*time.Hour))
				l.put(fmt.Sprintf("ibx_%03d", 700+round), start().Add(-100*time.Hour))
				if _, summary := b.mustApply(t, job); summary.Exports[0].Manifest.Rows != 2 {
					t.Errorf("%d rows for two conversations", summary.Exports[0].Manifest.Rows)
				}
			}
			l.check(t, 3, b.view(t))
			b.once(t)
		})
	}
}

// A row that was dated ahead does not hide what moves until then.
func TestARowDatedAheadHidesNothing(t *testing.T) {
	for _, mode := range []string{exporter.ModeMerge, exporter.ModeAppend} {
		t.Run(mode, func(t *testing.T) {
			b := newBench(t, sim.Options{Users: 1, Conversations: sim.None})
			b.sortableIDs()
			l := newLists(60)
			l.put("ibx_000", start().Add(24*time.Hour))
			l.now = start()
			l.serve(b)
			job := in(mode, b.job(b.dir))
			b.mustApply(t, job)
			for round := range 5 {
				l.now = l.now.Add(10 * time.Minute)
				l.put(fmt.Sprintf("ibx_%03d", 50+round), l.now.Add(-time.Second))
				_, summary := b.mustApply(t, job)
				l.check(t, round, b.viewOf(t, mode))
				if m := summary.Exports[0].Manifest; mode == exporter.ModeAppend && m.Rows != 1 {
					t.Errorf("%d rows for one conversation", m.Rows)
				}
			}
		})
	}
}
