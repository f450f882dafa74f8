package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// childRole makes the test binary a run that replaces the object at a URL until
// it is killed.
const childRole = "LEMEXPORT_STORETEST_CHILD"

func childMain() int {
	first := 0
	if _, err := fmt.Sscan(os.Args[2], &first); err != nil {
		panic(err)
	}
	to, err := store.Options{Scratch: scratch.New(os.Args[3]), PartSize: partSize}.Open(os.Args[1])
	for version := first; err == nil; version++ {
		fmt.Println("begin", version)
		if err = replace(context.Background(), to, version, size); err == nil {
			fmt.Println("done", version)
		}
	}
	fmt.Fprintln(os.Stderr, err, exporter.Hint(err))
	return 1
}

// tally is what happened at the random moments.
type tally struct{ ended, replaced, kept, left int }

func (c tally) String() string {
	return fmt.Sprintf("%d ended at a random moment: %d had replaced the object, %d had not; %d unfinished uploads were left at most", c.ended, c.replaced, c.kept, c.left)
}

// A run that is killed leaves the old version or the new one, and nothing in the
// folder for temporary files.
func TestAKillAtAnyMoment(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder, temp := folder(), t.TempDir()
		url := s.at(s.direct, folder)
		to := open(t, url, quick(t))
		stop := watch(t, s, folder)
		random := rand.New(rand.NewPCG(1, 2))
		var count tally
		version := -1
		for range *moments {
			cmd := exec.Command(os.Args[0], url, fmt.Sprint(version+1), temp)
			cmd.Env = append(os.Environ(), childRole+"=writer")
			output, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stderr = os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(output)
			lines.Scan() // it has begun
			select {
			case <-time.After(time.Duration(random.IntN(600)) * time.Millisecond):
			case <-t.Context().Done():
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			began, done := version+1, version
			for lines.Scan() {
				_, _ = fmt.Sscanf(lines.Text(), "begin %d", &began)
				_, _ = fmt.Sscanf(lines.Text(), "done %d", &done)
			}
			_ = cmd.Wait()
			there, err := readVersion(t.Context(), to)
			if err != nil {
				t.Fatal(err)
			}
			if there != done && there != began {
				t.Fatalf("version %d is there, %d was committed and %d begun", there, done, began)
			}
			count.add(t, s, folder, there != version)
			version = there
		}
		stop()
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("in the folder for temporary files there is %v (%v)", left, err)
		}
		t.Logf("killed: %v", count)
	})
}

func (c *tally) add(t *testing.T, s *server, folder string, replaced bool) {
	t.Helper()
	c.ended++
	if replaced {
		c.replaced++
	} else {
		c.kept++
	}
	left, err := s.leftovers(t.Context(), folder)
	if err != nil {
		t.Error(err)
	}
	c.left = max(c.left, left)
}

// A run that is cancelled does not even leave parts.
func TestACancelAtAnyMoment(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		endAtRandom(t, s, "cancelled", func(ctx context.Context, to exporter.Destination, version int, after time.Duration) error {
			ctx, cancel := context.WithTimeout(ctx, after)
			defer cancel()
			err := replace(ctx, to, version, size)
			if err != nil && ctx.Err() == nil && !errors.Is(err, exporter.ErrConflict) {
				t.Errorf("it failed before it was cancelled: %v", err)
			}
			return err
		})
	})
}

// All connections are cut in the middle of a run, and none comes up before it has
// ended: parts may stay where the request to remove them does not get through.
func TestACutAtAnyMoment(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		endAtRandom(t, s, "cut", func(ctx context.Context, to exporter.Destination, version int, after time.Duration) error {
			ended := make(chan error, 1)
			go func() { ended <- replace(ctx, to, version, size) }()
			select {
			case err := <-ended:
				return err
			case <-time.After(after):
			}
			end := s.inflict(ctx, t, fault{kind: "reset_peer", stream: "upstream", attributes: `{"timeout": 0}`})
			defer end()
			return <-ended
		})
	})
}

// The request that replaces the object may be on its way when its run ends: the
// server can carry it out later, even while the next run writes. So the object is
// the one of the last run that succeeded, or of any run since.
func endAtRandom(t *testing.T, s *server, verb string, run func(ctx context.Context, to exporter.Destination, version int, after time.Duration) error) {
	folder := folder()
	direct := open(t, s.at(s.direct, folder), quick(t))
	options := quick(t)
	options.PartSize, options.Attempts = partSize, 2
	stop := watch(t, s, folder)
	random := rand.New(rand.NewPCG(3, 4))
	var count tally
	version := -1 // the newest one that was seen
	for i := range *moments {
		err := run(t.Context(), open(t, s.at(s.proxied, folder), options), i, time.Duration(random.IntN(400))*time.Millisecond)
		there, readErr := readVersion(t.Context(), direct)
		switch {
		case readErr != nil:
			t.Fatal(readErr)
		case err == nil && there != i:
			t.Fatalf("run %d succeeded and version %d is there", i, there)
		case there < version || there > i:
			t.Fatalf("version %d is there after run %d, before it was %d", there, i, version)
		case errors.Is(err, exporter.ErrConflict) && (there == version || there == i):
			t.Errorf("run %d took itself for another one: %v", i, err)
		}
		count.add(t, s, folder, there == i)
		version = there
	}
	stop()
	t.Logf("%s: %v", verb, count)
}
