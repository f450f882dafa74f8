package ratelimit

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// spend takes n places and gives each back after latency.
func spend(t *testing.T, l *Limiter, n int) []func(Reply) {
	t.Helper()
	releases := make([]func(Reply), n)
	for i := range releases {
		release, err := l.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		releases[i] = release
	}
	return releases
}

func TestLimiterHoldsThePlaceOfACallInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(false)
		releases := spend(t, l, Requests)
		began := time.Now()
		time.AfterFunc(time.Minute, func() { releases[7](Reply{}); releases[7](Reply{}) }) // the second does nothing
		spend(t, l, 1)
		if waited := time.Since(began); waited != time.Minute+Window+margin {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestLimiterServesInTheOrderOfAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(false)
		// One place at a time becomes free, so that the order can be seen.
		for i, release := range spend(t, l, Requests) {
			time.AfterFunc(time.Duration(i)*time.Millisecond, func() { release(Reply{}) })
		}
		var mu sync.Mutex
		var order, want []int
		var all sync.WaitGroup
		for i := range 50 {
			want = append(want, i)
			all.Go(func() {
				release, err := l.Acquire(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				release(Reply{})
			})
			synctest.Wait() // it stands in the queue now
		}
		all.Wait()
		if !slices.Equal(order, want) {
			t.Errorf("order %v", order)
		}
	})
}

func TestLimiterStopsWaitingWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(false)
		spend(t, l, Requests)
		var all sync.WaitGroup
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for range 3 { // one has the turn, two queue for it
			all.Go(func() {
				if _, err := l.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("error %v", err)
				}
			})
		}
		began := time.Now()
		all.Wait()
		if waited := time.Since(began); waited != time.Second {
			t.Errorf("waited %s", waited)
		}
		if _, err := l.Acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a dead context got the error %v", err)
		}
	})
}

func TestLimiterPausesEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(false)
		began := time.Now()
		l.Pause(t.Context(), began.Add(5*time.Second))
		l.Pause(t.Context(), began.Add(time.Second)) // never shortens
		time.AfterFunc(3*time.Second, func() { l.Pause(t.Context(), began.Add(7*time.Second)) })
		spend(t, l, 1)
		if waited := time.Since(began); waited != 7*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestLimiterThatIsOffNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(true)
		began := time.Now()
		spend(t, l, 1000)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestLimiterKeepsTheRateWithManyCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(false)
		const latency, each, callers = 300 * time.Millisecond, 20, 25
		var mu sync.Mutex
		var arrivals []time.Time
		var all sync.WaitGroup
		began := time.Now()
		for range callers {
			all.Go(func() {
				for range each {
					release, err := l.Acquire(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					<-time.After(latency / 2)
					mu.Lock()
					arrivals = append(arrivals, time.Now())
					mu.Unlock()
					<-time.After(latency / 2)
					release(Reply{Answered: true, RoundTrip: latency})
				}
			})
		}
		all.Wait()
		if least, tooMany := crowded(arrivals); tooMany {
			t.Errorf("21 calls within %s", least)
		}
		if took, best := time.Since(began), Rate().LeastTime(each*callers); float64(best) < 0.95*float64(took) {
			t.Errorf("took %s, %s is possible", took, best)
		}
	})
}
