//go:build unix

package folder

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/internal/private"
)

// A run that is killed at any step leaves the old file or the new one, and the next run
// removes its temporary files.
func TestAKillAtAnyMomentLeavesTheOldFileOrTheNew(t *testing.T) {
	dir := t.TempDir()
	if err := replace(t.Context(), New(dir), 0, io.Discard); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	there, littered, replaced := 0, 0, 0
	for round := range 20 {
		writer := start(t, "writer", dir, fmt.Sprint(there+1))
		var said []string
		for range 1 + random.IntN(60) {
			writer.lines.Scan()
			said = append(said, writer.lines.Text())
		}
		// Every second time in the middle of a commit, which is short.
		for round%2 == 1 && said[len(said)-1] != "rename" && writer.lines.Scan() {
			said = append(said, writer.lines.Text())
		}
		if err := writer.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, err := writer.finish()
		if err == nil {
			t.Fatal("the writer ended by itself: the test does not test")
		}
		old := max(there, last(append(said, rest...), "committed"))
		young := max(old, last(append(said, rest...), "commit"))
		before := there
		if there = wholeVersion(t, dir); there != old && there != young {
			t.Fatalf("version %d is there, %d was committed last and %d was about to be", there, old, young)
		}
		if there != before {
			replaced++
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 1 {
			littered++
		}
		lockAndUnlock(t, New(dir))
		checkLitter(t, dir)
	}
	if littered == 0 || replaced == 0 {
		t.Errorf("%d kills left something to clean, %d came after a commit: the test does not test", littered, replaced)
	}
}

// last is the version in the last line of that step.
func last(lines []string, step string) (version int) {
	for _, line := range lines {
		if number, ok := strings.CutPrefix(line, step+" "); ok {
			_, _ = fmt.Sscan(number, &version)
		}
	}
	return version
}

// The kernel refuses to let the file grow, as a full disk does.
func TestAFileThatMayNotGrowLeavesTheOldOneAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := replace(t.Context(), New(dir), 0, io.Discard); err != nil {
		t.Fatal(err)
	}
	run := start(t, "limited", dir)
	if _, err := run.finish(); err == nil {
		t.Error("the run succeeded")
	}
	if !strings.Contains(run.complaints.String(), "ulimit -f") {
		t.Errorf("the error does not name the limit: %s", run.complaints)
	}
	if there := wholeVersion(t, dir); there != 0 {
		t.Errorf("version %d is there", there)
	}
	checkLitter(t, dir)
}

// A read-only folder is noticed before any work is done, also when a crashed run has left a
// writable lock file.
func TestAReadOnlyFolderIsRefusedByLock(t *testing.T) {
	for name, leftover := range map[string]bool{"clean": false, "with a leftover lock file": true} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "closed")
			if err := replace(t.Context(), New(dir), 0, io.Discard); err != nil {
				t.Fatal(err)
			}
			if leftover {
				writeFile(t, filepath.Join(dir, lockName), "")
				giveAway(t, filepath.Join(dir, lockName))
			}
			chmod(t, parent, 0o755)
			chmod(t, dir, 0o555)
			defer chmod(t, dir, 0o755)
			asked := start(t, "asking", dir)
			if _, err := asked.finish(); err == nil || !strings.Contains(asked.complaints.String(), "You may not write here") {
				t.Errorf("nothing tells before the run: %v, %s", err, asked.complaints.String())
			}
			run := start(t, "unprivileged", dir)
			said, err := run.finish()
			if err == nil {
				t.Error("the run succeeded")
			}
			if got := run.complaints.String(); !strings.Contains(got, "permission denied") || !strings.Contains(got, "You may not write here") {
				t.Errorf("the error does not say why: %s", got)
			}
			if len(said) != 1 {
				t.Errorf("the run got further than the lock: %q", said)
			}
			wholeVersion(t, dir)
		})
	}
}

// A link replaces the lock file after the lock was taken.
func TestLockInfoIsNotWrittenThroughALink(t *testing.T) {
	dir := t.TempDir()
	victim, path := filepath.Join(dir, "victim"), filepath.Join(dir, lockName)
	writeFile(t, victim, "precious")
	lock, err := tryLock(path)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	link(t, victim, path)
	if err := writeLockInfo(lock, "run"); err != nil {
		t.Error(err)
	}
	if _, err := readLockInfo(path); !errors.Is(err, private.ErrNotPrivate) {
		t.Errorf("readLockInfo gave %v", err)
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("the file the link points to holds %q (%v)", got, err)
	}
	if err := lock.Remove(); err != nil {
		t.Error(err)
	}
}

// New files and folders are private, whatever the umask.
func TestANewExportIsPrivate(t *testing.T) {
	for role, perm := range map[string]os.FileMode{"careless": 0o600, "group": 0o640} {
		dir := filepath.Join(t.TempDir(), "a", "b")
		run := start(t, role, dir)
		if _, err := run.finish(); err != nil {
			t.Fatal(err, run.complaints)
		}
		folder := perm | 0o100 | perm&0o040>>2
		for path, want := range map[string]os.FileMode{filepath.Dir(dir): folder, dir: folder, filepath.Join(dir, dataName): perm} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := info.Mode().Perm(); got != want {
				t.Errorf("%s: %s has permission %o, want %o", role, filepath.Base(path), got, want)
			}
		}
	}
}

func chmod(t *testing.T, path string, perm os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, perm); err != nil {
		t.Fatal(err)
	}
}
