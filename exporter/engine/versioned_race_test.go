package engine_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/engine"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// follow does what docs/configuration.md tells readers: it reads the pointer, waits, opens
// the file, and begins again once when the file is gone because the pointer has moved.
func follow(dir string, wait time.Duration) (run string, again bool, err error) {
	for tries := range 2 {
		body, err := os.ReadFile(filepath.Join(dir, "inbox_conversations.json"))
		if err != nil {
			return "", false, err
		}
		var pointer exporter.Pointer
		if err := json.Unmarshal(body, &pointer); err != nil {
			return "", false, err
		}
		<-time.After(wait) // a slow reader
		file, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(pointer.File)))
		if errors.Is(err, fs.ErrNotExist) && tries == 0 {
			again = true
			continue
		}
		if err != nil {
			return "", again, err
		}
		if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != pointer.SHA256 {
			return "", again, fmt.Errorf("%s is not the file of the pointer", pointer.File)
		}
		return pointer.Manifest.RunID, again, nil
	}
	return "", again, errors.New("the file was missing twice")
}

// Readers open at random moments while 30 versions come and go. None of them finds a
// pointer without its file, or half a file.
func TestReadersFollowThePointerWhileThirtyVersionsComeAndGo(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	job := versioned(b.job(b.dir), 3)
	b.mustApply(t, job)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	const readers = 4
	var group sync.WaitGroup
	seen, reads, repeated := make([]map[string]bool, readers), make([]int, readers), make([]int, readers)
	for i := range readers {
		seen[i] = make(map[string]bool)
		random := rand.New(rand.NewPCG(uint64(i), 16))
		group.Go(func() {
			for ctx.Err() == nil {
				run, again, err := follow(b.dir, time.Duration(random.Int64N(int64(2*time.Millisecond))))
				if err != nil {
					t.Errorf("reader %d: %v", i, err)
					return
				}
				seen[i][run], reads[i] = true, reads[i]+1
				if again {
					repeated[i]++
				}
			}
		})
	}
	for range 29 {
		b.mustApply(t, job)
	}
	stop()
	group.Wait()
	for i := range readers {
		if len(seen[i]) < 10 {
			t.Errorf("reader %d saw %d versions only: the test does not test", i, len(seen[i]))
		}
		t.Logf("reader %d: %d reads of %d versions, %d began again", i, reads[i], len(seen[i]), repeated[i])
	}
	b.holds(t, "inbox_conversations/run-28.parquet", "inbox_conversations/run-29.parquet", "inbox_conversations/run-30.parquet", "inbox_conversations.json")
}

// The rule for readers: with keep = N, the file of a pointer stays for N-1 more runs.
func TestTheFileOfAPointerStaysForTheRunsThatKeepAllows(t *testing.T) {
	for _, keep := range []int{1, 2, 3} {
		b := newBench(t, sim.Options{Conversations: 20})
		job := versioned(b.job(b.dir), keep)
		_, first := b.mustApply(t, job)
		for range keep - 1 {
			b.mustApply(t, job)
			if _, err := os.Stat(first.Exports[0].File); err != nil {
				t.Errorf("keep = %d: %v", keep, err)
			}
		}
		b.mustApply(t, job)
		if _, err := os.Stat(first.Exports[0].File); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("keep = %d: %v", keep, err)
		}
	}
}

// onCommit calls a function when a run begins to commit.
type onCommit func()

// Observe implements exporter.Observer.
func (f onCommit) Observe(event exporter.Event) {
	if started, ok := event.(exporter.PhaseStarted); ok && started.Phase == exporter.PhaseCommit {
		f()
	}
}

// Somebody moves the pointer while a run writes its file, in spite of the lock. The run
// names who did, and leaves nothing behind.
func TestARunThatComesTooLateForThePointerLeavesNothing(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	job := versioned(b.job(b.dir), 3)
	b.mustApply(t, job)
	body, err := os.ReadFile(b.pointerFile())
	if err != nil {
		t.Fatal(err)
	}
	moved := bytes.Replace(body, []byte(`"moved_by": "run-1"`), []byte(`"moved_by": "run-other"`), 1)
	run, err := b.Start(t.Context(), job, onCommit(func() {
		if err := errors.Join(os.WriteFile(b.pointerFile()+".new", moved, 0o600), os.Rename(b.pointerFile()+".new", b.pointerFile())); err != nil {
			t.Error(err)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = run.Apply(t.Context(), plan, engine.ApplyOptions{})
	if !errors.Is(err, exporter.ErrConflict) || !strings.Contains(err.Error(), "run-other") || exporter.Hint(err) == "" {
		t.Errorf("got %v", err)
	}
	b.holds(t, "inbox_conversations/run-1.parquet", "inbox_conversations.json")
	if now, err := os.ReadFile(b.pointerFile()); err != nil || !bytes.Equal(now, moved) {
		t.Errorf("the pointer was changed (%v)", err)
	}
	b.mustVerifyEach(t, b.dir, 1)
}

// An interrupt before the pointer moves leaves the destination as it was.
func TestAnInterruptLeavesNoVersionThatNothingNames(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	job := versioned(b.job(b.dir), 3)
	b.mustApply(t, job)
	before := b.there(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run, err := b.Start(ctx, job, onCommit(cancel))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Close() }()
	plan, err := run.Plan(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Apply(ctx, plan, engine.ApplyOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if now := b.there(t); !slices.Equal(now, before) {
		t.Errorf("the destination holds %q, it held %q", now, before)
	}
}

// interposed is a destination that calls a function before it opens an object.
type interposed struct {
	exporter.Destination
	before func(name string)
}

// Open implements exporter.Destination.
func (i interposed) Open(ctx context.Context, name string) (exporter.Object, error) {
	i.before(name)
	return i.Destination.Open(ctx, name)
}

// Our own readers begin again when the pointer moves between the two reads.
func TestOurReadersBeginAgainWhenThePointerMoves(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	job := versioned(b.job(b.dir), 1)
	b.mustApply(t, job)
	open := b.OpenDestination
	moves := 0
	b.OpenDestination = func(location string) (exporter.Destination, error) {
		to, err := open(location)
		return interposed{to, func(name string) {
			if strings.HasPrefix(name, "inbox_conversations/") && moves < 3 {
				moves++
				b.OpenDestination, open = open, b.OpenDestination // the apply has the real one
				b.mustApply(t, job)
				b.OpenDestination, open = open, b.OpenDestination
			}
		}}, err
	}
	file, err := b.OpenFile(t.Context(), b.dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := file.Manifest().RunID; got != "run-4" || moves != 3 {
		t.Errorf("opened %s after %d moves", got, moves)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}
