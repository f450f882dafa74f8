package storetest

import (
	"errors"
	"flag"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

var (
	rounds  = flag.Int("runs", 3, "how often eight runs race for a destination")
	moments = flag.Int("moments", 3, "how many random moments uploads are killed, cancelled and cut at")
)

const racers = 8

// Of eight runs on one destination, which all see the same version, one commits,
// and all others are told of a conflict.
func TestOfEightRunsOneWins(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder := folder()
		stop := watch(t, s, folder)
		url, options := s.at(s.direct, folder), quick(t)
		options.Idle = 30 * time.Second
		conflicts := 0
		for round := range *rounds {
			won := make([]error, racers)
			var group sync.WaitGroup
			var ready, begin sync.WaitGroup
			begin.Add(1)
			ready.Add(racers)
			for i := range racers {
				group.Go(func() {
					won[i] = race(t, open(t, url, options), round*racers+i, &ready, &begin)
				})
			}
			ready.Wait()
			begin.Done()
			group.Wait()
			winner := -1
			for i, err := range won {
				switch {
				case err == nil && winner >= 0:
					t.Errorf("round %d: runs %d and %d both won", round, winner, i)
				case err == nil:
					winner = i
				case errors.Is(err, exporter.ErrConflict):
					conflicts++
				default:
					t.Errorf("round %d: run %d: %v", round, i, err)
				}
			}
			if winner < 0 {
				t.Fatalf("round %d: nobody won", round)
			}
			version, err := readVersion(t.Context(), open(t, url, options))
			if err != nil || version != round*racers+winner {
				t.Fatalf("round %d: version %d is there (%v), run %d won", round, version, err, winner)
			}
		}
		stop()
		left, err := s.leftovers(t.Context(), folder)
		if err != nil || left > 0 {
			t.Errorf("%d unfinished uploads are left (%v)", left, err)
		}
		t.Logf("%d rounds of %d runs: %d winners, %d conflicts, %d leftovers", *rounds, racers, *rounds, conflicts, left)
	})
}

// race commits once all have looked.
func race(t *testing.T, to exporter.Destination, version int, ready, begin *sync.WaitGroup) error {
	prepare := func() (exporter.Upload, error) {
		defer ready.Done()
		if _, err := to.Lock(t.Context(), "run"); err != nil {
			return nil, err
		}
		over := exporter.Version("")
		if object, err := to.Open(t.Context(), dataName); err == nil {
			over = object.Version()
			if err := object.Close(); err != nil {
				return nil, err
			}
		}
		upload, err := to.Create(t.Context(), dataName, over)
		if err != nil {
			return nil, err
		}
		_, err = upload.Write(content(version, 20<<10))
		return upload, err
	}
	upload, err := prepare()
	begin.Wait()
	if err != nil {
		return err
	}
	return upload.Commit(t.Context())
}
