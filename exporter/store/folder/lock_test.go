package folder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
)

func lockAndUnlock(t *testing.T, folder *Folder) {
	t.Helper()
	unlock, err := folder.Lock(t.Context(), "next")
	if err != nil {
		t.Fatal(err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestLockRemovesOurLeftoversAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	others := []string{
		"notes.txt", ".inbox_conversations.parquet.tmp", ".x.lemexport-tmp", "report.parquet",
		strings.TrimPrefix(temporaryName(dataName), "."), temporaryName(dataName) + "x", strings.ToLower(temporaryName(dataName)),
	}
	for _, name := range append(slices.Clone(others), temporaryName(dataName), temporaryName("write.probe"), lockName) {
		writeFile(t, filepath.Join(dir, name), "x")
	}
	folder := temporaryName(dataName)
	if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	others = append(others, folder)
	lockAndUnlock(t, New(dir))
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("the folder holds %q, want %q", left, others)
	}
}

func TestTheLockOfADeadProcessIsFree(t *testing.T) {
	dir := t.TempDir()
	other := start(t, "locker", dir)
	if !other.lines.Scan() {
		t.Fatal("the other process did not get the lock")
	}
	_, err := New(dir).Lock(t.Context(), "second")
	host, unknown := os.Hostname()
	if unknown != nil {
		t.Fatal(unknown)
	}
	for _, want := range []string{fmt.Sprint("run run-", other.Process.Pid), fmt.Sprint("process ", other.Process.Pid), "on " + host, time.Now().UTC().Format("since 2006-")} {
		if !errors.Is(err, exporter.ErrBusy) || exporter.Hint(err) == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("while the other process runs, Lock gave %v without %q", err, want)
		}
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := other.finish(); err == nil {
		t.Error("the other process ended by itself")
	}
	lockAndUnlock(t, New(dir))
	checkLitter(t, dir)
}

// Twenty runs of one folder take turns.
func TestOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	var runs []process
	for range 20 {
		runs = append(runs, start(t, "contender", dir))
	}
	for _, run := range runs {
		if !run.lines.Scan() {
			t.Error("a run did not start")
		}
	}
	for _, run := range runs {
		if err := run.input.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, run := range runs {
		if _, err := run.finish(); err != nil {
			t.Errorf("%v: %s", err, run.complaints)
		}
	}
	checkLitter(t, dir)
}

func TestASecondUnlockDoesNotHurtTheNextRun(t *testing.T) {
	dir := t.TempDir()
	first, err := New(dir).Lock(t.Context(), "first")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(); err != nil {
		t.Fatal(err)
	}
	second, err := New(dir).Lock(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(); err != nil {
		t.Error(err)
	}
	if _, err := New(dir).Lock(t.Context(), "third"); !errors.Is(err, exporter.ErrBusy) {
		t.Errorf("while the second run holds the lock, Lock gave %v", err)
	}
	if err := second(); err != nil {
		t.Error(err)
	}
}

// lockedWithoutInfo is a locked folder whose lock file is still empty.
func lockedWithoutInfo(t *testing.T) (dir string, lock *disk.FileLock) {
	t.Helper()
	dir = t.TempDir()
	lock, err := tryLock(filepath.Join(dir, lockName))
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	t.Cleanup(func() {
		if err := lock.Remove(); err != nil {
			t.Error(err)
		}
	})
	return dir, lock
}

func TestARunThatWritesItsLockInfoLateIsNamed(t *testing.T) {
	dir, lock := lockedWithoutInfo(t)
	synctest.Test(t, func(t *testing.T) {
		refusal := make(chan error)
		go func() {
			_, err := New(dir).Lock(t.Context(), "second")
			refusal <- err
		}()
		synctest.Wait()
		if err := writeLockInfo(lock, "late"); err != nil {
			t.Error(err)
		}
		if err := <-refusal; !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run late") {
			t.Errorf("Lock gave %v", err)
		}
	})
}

func TestALockWithoutInfoIsNotWaitedForLong(t *testing.T) {
	dir, _ := lockedWithoutInfo(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := New(dir).Lock(t.Context(), "second")
		if !errors.Is(err, exporter.ErrBusy) || exporter.Hint(err) == "" || time.Since(began) > time.Second {
			t.Errorf("after %v Lock gave %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), infoWait/2)
		defer cancel()
		if _, err := New(dir).Lock(ctx, "third"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that ends, Lock gave %v", err)
		}
	})
}

// The text of a crashed run is overwritten to its end.
func TestNewLockInfoReplacesTheOld(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, lockName), strings.Repeat("x", lockInfoSize))
	unlock, err := New(dir).Lock(t.Context(), "now")
	if err != nil {
		t.Fatal(err)
	}
	by, err := readLockInfo(filepath.Join(dir, lockName))
	if err != nil || by.RunID != "now" || by.PID != os.Getpid() {
		t.Errorf("the lock file says %+v (%v)", by, err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}
