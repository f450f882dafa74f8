package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
)

// ledgerFolder makes a test of this file a process that uses the ledger there.
const ledgerFolder = "LEMEXPORT_LEDGER_FOLDER"

// startLedger runs the calling test once more, in a process of its own.
func startLedger(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), ledgerFolder+"="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout)
}

// increment adds one to the line with a number that the ledger holds.
func increment(l *Ledger) (number int, err error) {
	text, err := l.Lock(context.Background())
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	number, _ = strconv.Atoi(line)
	return number + 1, l.Unlock(fmt.Appendf(nil, "%d\n", number+1))
}

func TestNoChangeOfALedgerIsLost(t *testing.T) {
	const processes, each = 4, 300
	if dir := os.Getenv(ledgerFolder); dir != "" {
		l := NewLedger(dir, "counter")
		began := time.Now()
		for range each {
			if _, err := increment(l); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s a change", time.Since(began)/each)
		return
	}
	dir := t.TempDir()
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			cmd, lines := startLedger(t, dir)
			for lines.Scan() {
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := increment(NewLedger(dir, "counter")); err != nil || got != processes*each+1 {
		t.Errorf("%d changes are left of %d, %v", got-1, processes*each, err)
	}
}

// A process that is killed frees the lock, and leaves the old text or the new one.
func TestAKilledProcessFreesTheLedger(t *testing.T) {
	if dir := os.Getenv(ledgerFolder); dir != "" {
		for l := NewLedger(dir, "counter"); ; {
			number, err := increment(l)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(number)
		}
	}
	dir := t.TempDir()
	before := 0
	for range 5 {
		cmd, lines := startLedger(t, dir)
		lines.Scan()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it ended by itself")
		}
		after, err := increment(NewLedger(dir, "counter"))
		if err != nil || after < before+2 {
			t.Errorf("%d, %v after %d", after, err, before)
		}
		before = after
	}
}

func TestALedgerWithoutAFolderIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inTheWay := t.TempDir()
	if err := os.Mkdir(filepath.Join(inTheWay, "a.ledger"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"a file": file, "below a file": filepath.Join(file, "caches"), "a folder in the place of the file": inTheWay,
	} {
		if _, err := NewLedger(dir, "a").Lock(t.Context()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTheUsersCacheFolderHoldsTheLedgers(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := increment(NewLedger("", "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(caches, "lemexport", "a.ledger")); err != nil {
		t.Error(err)
	}
}

// Ledgers of old keys and simulations do not pile up, nor the files of earlier versions.
func TestLedgersThatNobodyUsesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	used := NewLedger(dir, "rate-used")
	if _, err := used.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * ledgerKept)
	for name, age := range map[string]time.Time{
		"rate-old.ledger": long, "rate-old.lock": long, "rate-old.1-x.alive": long, "rate-used.ledger": long,
		"rate-young.ledger": time.Now(), "notes.txt": long, "other.lock": long,
	} {
		path := filepath.Join(dir, name)
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err := errors.Join(err, file.Close(), os.Chtimes(path, age, age)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := increment(NewLedger(dir, "rate-new")); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	if got, want := strings.Join(left, " "), "notes.txt other.lock rate-new.ledger rate-used.ledger rate-young.ledger"; got != want {
		t.Errorf("left %s, want %s", got, want)
	}
}

// A process that finds it old, or a person, may remove the file of a ledger in use.
func TestALedgerWhoseFileIsRemovedIsStillShared(t *testing.T) {
	dir := t.TempDir()
	first, second := NewLedger(dir, "a"), NewLedger(dir, "a")
	for i, l := range []*Ledger{first, first, second, first} {
		if i == 1 {
			if err := os.Remove(filepath.Join(dir, "a.ledger")); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := increment(l); err != nil || got != max(i, 1) {
			t.Errorf("change %d: %d, %v", i, got, err)
		}
	}
}

// Nobody waits forever for a process that was stopped.
func TestALedgerThatStaysLockedIsAnError(t *testing.T) {
	dir := t.TempDir()
	holder, l := NewLedger(dir, "a"), NewLedger(dir, "a")
	if _, err := holder.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := l.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that ended: %v", err)
	}
	if took := time.Since(began); took > ledgerPatience/2 {
		t.Errorf("it took %v to notice the end of the context", took)
	}
	if _, err := l.Lock(t.Context()); !errors.Is(err, os.ErrDeadlineExceeded) || exporter.Hint(err) == "" {
		t.Errorf("a lock that is held: %v", err)
	}
	if err := holder.Unlock(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := increment(l); err != nil {
		t.Error(err)
	}
}

func BenchmarkLedger(b *testing.B) {
	l, text := NewLedger(b.TempDir(), "a"), []byte(strings.Repeat("x", 4<<10))
	for b.Loop() {
		if _, err := l.Lock(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := l.Unlock(text); err != nil {
			b.Fatal(err)
		}
	}
}
