package store

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
	lockAndUnlock(t, NewFolder(dir))
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

func TestADeadHolderHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	holder := start(t, "holder", dir)
	if !holder.lines.Scan() {
		t.Fatal("the holder did not get the lock")
	}
	_, err := NewFolder(dir).Lock(t.Context(), "second")
	host, unknown := os.Hostname()
	if unknown != nil {
		t.Fatal(unknown)
	}
	for _, want := range []string{fmt.Sprint("run run-", holder.Process.Pid), fmt.Sprint("process ", holder.Process.Pid), "on " + host, time.Now().UTC().Format("since 2006-")} {
		if !errors.Is(err, exporter.ErrBusy) || exporter.Hint(err) == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("while it lives, Lock gave %v without %q", err, want)
		}
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := holder.finish(); err == nil {
		t.Error("the holder ended by itself")
	}
	lockAndUnlock(t, NewFolder(dir))
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

// The lock on a file that is gone excludes nobody.
func TestALockOnARemovedFileIsNoClaim(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockName)
	lock, err := lockFile(path, os.O_CREATE)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if !lock.current() {
		t.Error("the lock file is there, yet not current")
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if lock.current() {
		t.Error("the lock file is gone, yet current")
	}
	writeFile(t, path, "of the next run")
	if lock.current() {
		t.Error("another lock file is there, yet this one is current")
	}
	// A holder whose file was taken away does not remove the next one's.
	if err := release(lock); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the next run's lock file: %v", err)
	}
}

func TestASecondUnlockDoesNotHurtTheNextRun(t *testing.T) {
	dir := t.TempDir()
	first, err := NewFolder(dir).Lock(t.Context(), "first")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(); err != nil {
		t.Fatal(err)
	}
	second, err := NewFolder(dir).Lock(t.Context(), "second")
	if err != nil {
		t.Fatal(err)
	}
	if err := first(); err != nil {
		t.Error(err)
	}
	if _, err := NewFolder(dir).Lock(t.Context(), "third"); !errors.Is(err, exporter.ErrBusy) {
		t.Errorf("while the second run holds the folder, Lock gave %v", err)
	}
	if err := second(); err != nil {
		t.Error(err)
	}
}

// unsigned is a folder whose holder has not signed yet.
func unsigned(t *testing.T) (dir string, lock *fileLock) {
	t.Helper()
	dir = t.TempDir()
	lock, err := tryLock(filepath.Join(dir, lockName))
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	t.Cleanup(func() {
		if err := release(lock); err != nil {
			t.Error(err)
		}
	})
	return dir, lock
}

func TestAHolderThatSignsLateIsNamed(t *testing.T) {
	dir, lock := unsigned(t)
	synctest.Test(t, func(t *testing.T) {
		refusal := make(chan error)
		go func() {
			_, err := NewFolder(dir).Lock(t.Context(), "second")
			refusal <- err
		}()
		synctest.Wait()
		if err := sign(lock, "late"); err != nil {
			t.Error(err)
		}
		if err := <-refusal; !errors.Is(err, exporter.ErrBusy) || !strings.Contains(err.Error(), "run late") {
			t.Errorf("Lock gave %v", err)
		}
	})
}

func TestAHolderThatNeverSignsIsNotWaitedForLong(t *testing.T) {
	dir, _ := unsigned(t)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := NewFolder(dir).Lock(t.Context(), "second")
		if !errors.Is(err, exporter.ErrBusy) || exporter.Hint(err) == "" || time.Since(began) > time.Second {
			t.Errorf("after %v Lock gave %v", time.Since(began), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), signWait/2)
		defer cancel()
		if _, err := NewFolder(dir).Lock(ctx, "third"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("with a context that ends, Lock gave %v", err)
		}
	})
}

// A new text covers the one of a crashed run, however long that was.
func TestTheLockFileSaysWhoseItIsNow(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, lockName), strings.Repeat("x", holderSize))
	unlock, err := NewFolder(dir).Lock(t.Context(), "now")
	if err != nil {
		t.Fatal(err)
	}
	by, err := readHolder(filepath.Join(dir, lockName))
	if err != nil || by.RunID != "now" || by.PID != os.Getpid() {
		t.Errorf("the lock file says %+v (%v)", by, err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}
