package ratelimit

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// worker is a process of a test with some callers.
type worker struct {
	callers int
	starts  time.Duration
	calls   int           // all of them together; 0: until it dies
	dies    time.Duration // is killed; 0: never
}

// crowd runs processes that share a ledger in virtual time. It returns when each
// call reached the server, in order, and how many of each program did.
func crowd(t *testing.T, workers []worker, way func(call int) road) (arrivals []time.Time, counts []int) {
	shared := &sharedText{}
	counts = make([]int, len(workers))
	var mu sync.Mutex
	sent := 0
	var all sync.WaitGroup
	for i, w := range workers {
		ledger := &memoryLedger{shared: shared}
		limiter := sharing(t, ledger)
		ctx, kill := context.WithCancel(t.Context())
		left := w.calls
		one := func() bool {
			mu.Lock()
			more := w.calls == 0 || left > 0
			left--
			mu.Unlock()
			if !more {
				return false
			}
			release, err := limiter.Acquire(ctx)
			if err != nil {
				return false
			}
			mu.Lock()
			way := way(sent)
			sent++
			mu.Unlock()
			if !pass(ctx, way.there) {
				return false // the connection died with the program
			}
			mu.Lock()
			arrivals = append(arrivals, time.Now())
			counts[i]++
			mu.Unlock()
			if !pass(ctx, way.back) {
				return false
			}
			r := Reply{Answered: true, RoundTrip: way.there + way.back}
			if way.lost {
				r = Reply{}
			}
			release(r)
			return true
		}
		all.Go(func() {
			defer kill()
			if !pass(ctx, w.starts) {
				return
			}
			if w.dies > 0 {
				time.AfterFunc(w.dies, func() { ledger.kill(); kill() })
			}
			var callers sync.WaitGroup
			for range w.callers {
				callers.Go(func() {
					for one() {
					}
				})
			}
			callers.Wait()
		})
	}
	all.Wait()
	return arrivals, counts
}

// pass lets time pass, unless the context ends.
func pass(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func TestProcessesTogetherLetNoWindowHoldMoreThanTwentyCalls(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ms := func(most int, name string) time.Duration {
			return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * time.Millisecond
		}
		base := road{there: ms(300, "base there"), back: ms(300, "base back")}
		jitter := rapid.IntRange(1, 2000).Draw(rt, "jitter")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		way := func(call int) road {
			if call < 2*Requests { // the shortest way is known early: see budget
				return base
			}
			at := base
			at.there += time.Duration(random.IntN(jitter)) * time.Millisecond
			at.back += time.Duration(random.IntN(jitter)) * time.Millisecond
			at.lost = random.IntN(10) == 0
			return at
		}
		workers := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) worker {
			w := worker{callers: rapid.IntRange(1, 30).Draw(rt, "callers"), calls: rapid.IntRange(1, 60).Draw(rt, "calls"), starts: ms(6000, "starts")}
			if rapid.IntRange(0, 3).Draw(rt, "is killed") == 0 {
				w.dies = 1 + ms(8000, "dies")
			}
			return w
		}), 2, 4).Draw(rt, "processes")
		var arrivals []time.Time
		var counts []int
		synctest.Test(t, func(t *testing.T) { arrivals, counts = crowd(t, workers, way) })
		slices.SortFunc(arrivals, time.Time.Compare)
		if least, tooMany := crowded(arrivals); tooMany {
			rt.Fatalf("21 calls within %s", least)
		}
		for i, w := range workers {
			if w.dies == 0 && counts[i] != w.calls {
				rt.Fatalf("process %d made %d of %d calls", i, counts[i], w.calls)
			}
		}
	})
}

func TestProcessesTogetherUseTheWholeBudgetInEqualShares(t *testing.T) {
	const lasts = 24 * time.Second
	for name, workers := range map[string][]worker{
		"two":                          {{callers: 20}, {callers: 20}},
		"two, one of them with a head": {{callers: 20}, {callers: 20, starts: 5 * time.Second}},
		"two, one of few callers":      {{callers: 20}, {callers: 4}},
		"three":                        {{callers: 20}, {callers: 8}, {callers: 20, starts: time.Second}},
	} {
		for _, latency := range []time.Duration{0, 250 * time.Millisecond} {
			jitter := 1 + int(latency.Milliseconds()) // ms
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, 2))
				began, longest := time.Now(), time.Duration(0)
				for i := range workers {
					workers[i].dies = lasts
					longest = max(longest, workers[i].starts)
				}
				arrivals, counts := crowd(t, workers, func(int) road {
					return road{there: latency / 2, back: latency/2 + time.Duration(random.IntN(jitter))*time.Millisecond}
				})
				together := 0
				for _, at := range arrivals {
					if since := at.Sub(began); since >= longest && since < lasts {
						together++
					}
				}
				// A call takes its place for as long as its round trip is longer than the credit.
				if most := (lasts - longest).Seconds() * 10; float64(together) < 0.86*most {
					t.Errorf("%s, latency %s, jitter %d: %d calls, %.0f are possible", name, latency, jitter, together, most)
				}
				if least, tooMany := crowded(arrivals); tooMany {
					t.Errorf("%s, latency %s, jitter %d: 21 calls within %s", name, latency, jitter, least)
				}
				for i, count := range counts {
					// Few callers cannot take more places at once than they are.
					least := 0.75
					if slices.ContainsFunc(workers, func(w worker) bool { return w.callers < Requests/len(workers) }) {
						least = 0.39
					}
					if share := float64(count) * float64(len(counts)) / float64(len(arrivals)); share < least || share > 2-least {
						t.Errorf("%s, latency %s, jitter %d: process %d made %d of %v calls", name, latency, jitter, i, count, counts)
					}
				}
			})
		}
	}
}

// No response tells when the last requests of a killed process reached the server.
func TestRequestsOfAKilledProcessCountForAWholeWindow(t *testing.T) {
	const back = 300 * time.Millisecond
	for dies := time.Second; dies < 1400*time.Millisecond; dies += 40 * time.Millisecond {
		workers := []worker{{callers: 20, calls: 120}, {callers: 20, starts: 5 * time.Second, dies: dies}}
		var arrivals []time.Time
		synctest.Test(t, func(t *testing.T) {
			arrivals, _ = crowd(t, workers, func(int) road { return road{back: back} })
		})
		if least, tooMany := crowded(arrivals); tooMany {
			t.Errorf("killed %s after its start: 21 calls within %s", dies, least)
		}
	}
}
