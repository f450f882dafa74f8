package lemlist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// slow is a shelf whose answers take their time.
type slow struct {
	*shelf
	latency time.Duration

	mu                 sync.Mutex
	sent, flying, most int
}

func (s *slow) fetch(ctx context.Context, r pageRequest) (response, error) {
	s.count(1)
	defer s.count(-1)
	sent := time.Now()
	if err := rest(ctx, s.latency); err != nil {
		return response{}, err
	}
	got, err := s.shelf.fetch(ctx, r)
	got.Sent, got.Arrived = sent, time.Now()
	return got, err
}

func (s *slow) count(change int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying += change
	s.sent += max(change, 0)
	s.most = max(s.most, s.flying)
}

func (s *slow) now() (sent, flying, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.flying, s.most
}

func rest(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newSlow is a team of users with so many pages each.
func newSlow(t *testing.T, latency time.Duration, pages ...int) (*slow, []string) {
	models := map[string]*list{}
	var users []string
	for i, count := range pages {
		user := fmt.Sprint("usr_", i)
		models[user] = newList(10*count, 10)
		users = append(users, user)
	}
	return &slow{shelf: newShelf(t, models), latency: latency}, users
}

// Several lists, and several segments of a list, are under way at once, as many
// as the latency needs.
func TestWalkKeepsRequestsInFlight(t *testing.T) {
	for _, one := range []struct {
		latency time.Duration
		pages   []int
		want    int // requests in flight
		longest time.Duration
	}{
		{40 * time.Millisecond, []int{9, 9, 9}, 5, time.Second},
		{300 * time.Millisecond, []int{9, 9, 9, 9, 9, 9, 9, 9}, 20, 3 * time.Second},
		{300 * time.Millisecond, []int{100}, 20, 3 * time.Second},
		{300 * time.Millisecond, []int{2, 1, 97, 1, 1}, 20, 4 * time.Second},
		{5 * time.Second, []int{400}, 20, 120 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, users := newSlow(t, one.latency, one.pages...)
			var seen events
			began := time.Now()
			w := newWalk(t.Context(), s, users, exact, &seen)
			for _, err := range w.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			proof, took := w.Proof(), time.Since(began)
			if !proof.Complete || len(proof.Partitions) != len(users) {
				t.Fatalf("proof %+v", proof)
			}
			for i, user := range proof.Partitions {
				want := int64(one.pages[i] + 1)
				if want == 2 && took < 2*time.Second {
					want = 1 // one page is one moment, and all lists were read at about the same
				}
				if user.Partition != users[i] || user.Pages != want {
					t.Errorf("%v: user %d is %s with %d pages, want %d", one, i, user.Partition, user.Pages, want)
				}
			}
			if _, flying, most := s.now(); flying != 0 || most > one.want || most < one.want-1 || took > one.longest { // 99 pages have 19 segments
				t.Errorf("%v: at most %d requests in flight, want %d; %d left; took %s", one, most, one.want, flying, took)
			}
		})
	}
}

// Of pages that are large beside the budget of memory fewer are under way, once
// the first has shown how large they are; one always is.
func TestWalkHoldsFewerLargePages(t *testing.T) {
	for budgetPages, want := range map[int64]int{0: 1, 1: 1, 2: 2, 5: 5, 100: 20} {
		synctest.Test(t, func(t *testing.T) {
			s, users := newSlow(t, 5*time.Second, 100)
			var seen events
			w := newWalk(t.Context(), s, users, exact, &seen)
			most := 0
			for page, err := range w.Pages() {
				if err != nil {
					t.Fatal(err)
				}
				if most == 0 {
					w.concurrency.memory = budgetPages * pageCost * int64(schema.RecordSize(page.Record))
				}
				most++
				if _, flying, _ := s.now(); most > 20 && flying > want {
					t.Fatalf("budget for %d pages: %d in flight, want %d at the most", budgetPages, flying, want)
				}
			}
			if proof := w.Proof(); !proof.Complete {
				t.Fatalf("budget for %d pages: %v", budgetPages, proof.Reasons)
			}
			if w.concurrency.most() != want {
				t.Errorf("budget for %d pages: %d may be in flight, want %d", budgetPages, w.concurrency.most(), want)
			}
		})
	}
}

// Who takes pages slowly holds no more of them than those in flight.
func TestWalkWaitsForItsConsumer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, users := newSlow(t, 3*time.Second, 200, 200, 3)
		var seen events
		taken := 0
		for _, err := range newWalk(t.Context(), s, users, exact, &seen).Pages() {
			if err != nil {
				t.Fatal(err)
			}
			if taken++; taken%10 == 0 {
				if err := rest(t.Context(), time.Hour); err != nil {
					t.Fatal(err)
				}
				if sent, flying, _ := s.now(); flying > 0 || sent > taken+prover.MostInFlight {
					t.Fatalf("%d requests for %d pages taken, %d in flight", sent, taken, flying)
				}
			}
		}
	})
}

// However a walk ends, it ends at once, and nothing of it is left: no request,
// no record (see newShelf), no goroutine.
func TestWalkStopsEverythingAtOnce(t *testing.T) {
	broken := errors.New("no more")
	for name, one := range map[string]struct {
		fails  map[string]error
		most   int           // pages the consumer takes
		after  time.Duration // when the context ends
		want   error
		reason string
	}{
		"the consumer stops": {nil, 30, time.Hour, nil, "interrupted"},
		"a page fails":       {map[string]error{"usr_1:7": broken}, 1 << 30, time.Hour, broken, "page 7 could not be read"},
		"the context ends":   {nil, 1 << 30, 5 * time.Second, context.DeadlineExceeded, "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), one.after)
				defer cancel()
				s, users := newSlow(t, time.Second, 100, 100, 100)
				s.fails = one.fails
				var seen events
				w := newWalk(ctx, s, users, exact, &seen)
				taken, last := 0, time.Now()
				var failed error
				for _, err := range w.Pages() {
					last = time.Now()
					if failed = err; err != nil {
						if _, flying, _ := s.now(); flying > 0 {
							t.Errorf("%d requests in flight at the error", flying)
						}
					}
					if taken++; taken == one.most {
						break
					}
				}
				if _, flying, most := s.now(); flying > 0 || most < 4 || time.Since(last) > 0 {
					t.Errorf("%d of %d requests in flight %s after the end", flying, most, time.Since(last))
				}
				proof := w.Proof()
				if !errors.Is(failed, one.want) || proof.Complete || len(proof.Partitions) != 3 || len(proof.Reasons) != 3 ||
					!strings.Contains(strings.Join(proof.Reasons, "\n"), one.reason) {
					t.Errorf("error %v, proof %+v", failed, proof)
				}
				if failed != nil && !strings.HasPrefix(failed.Error(), "read page ") {
					t.Errorf("error %v", failed)
				}
			})
		})
	}
}

// The same over HTTP, with answers out of order, while the list moves.
func TestWalkInSegmentsOverHTTP(t *testing.T) {
	for seed := range uint64(*seedsFlag) {
		users := 1 + 2*int(seed%2)
		pastEnd := []sim.PastEnd{sim.PastEndEmpty, sim.PastEndRepeat, sim.PastEndRefuse}[seed%3]
		synctest.Test(t, func(t *testing.T) {
			server, source, _ := virtual(t, sim.Options{
				Seed: seed, Users: users, Conversations: 2400, Latency: 100 * time.Millisecond, Jitter: 900 * time.Millisecond,
				PastEnd: pastEnd,
				Drift:   sim.Drift{Jumps: 0.7, Inserts: 0.3, Deletes: 0.3},
			})
			walk := source.Walk(t.Context(), schema.InboxConversations(), nil, nil)
			found := map[string]newest{}
			for page, err := range walk.Pages() {
				if err != nil {
					t.Fatal(err)
				}
				if found[page.Partition] == nil {
					found[page.Partition] = newest{}
				}
				found[page.Partition].add(page)
			}
			proof := walk.Proof()
			if !proof.Complete || proof.Method != prover.MethodSweep || server.Stats().Throttled > 0 {
				t.Fatalf("proof %+v", proof)
			}
			for _, user := range server.UserIDs() {
				missing := 0
				for _, id := range server.AliveThroughout(user, 1, server.Step()) {
					if _, ok := found[user][id]; !ok {
						missing++
					}
				}
				for _, one := range server.List(user) {
					if users == 1 && one.LastActivityAt.UnixMicro() != found[user][one.ID] {
						missing++
					}
				}
				if missing > 0 {
					t.Errorf("seed %d, %d users: %d conversations missing or old", seed, users, missing)
				}
			}
		})
	}
}
