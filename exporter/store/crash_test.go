//go:build unix

package store

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func limitFileSize() {
	limit := syscall.Rlimit{Cur: 300 << 10, Max: 300 << 10}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		panic(err)
	}
}

// A run that is killed at any step leaves the old file or the new one, and the
// next run removes what it left behind.
func TestAKillAtAnyMomentLeavesAWholeFile(t *testing.T) {
	dir := t.TempDir()
	if err := replace(t.Context(), NewFolder(dir), 0); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	littered := 0
	for range 20 {
		cmd, lines, _ := start(t, "writer", dir)
		for range 1 + random.IntN(60) {
			lines.Scan()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the writer ended by itself: the test does not test")
		}
		checkWhole(t, dir)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 1 {
			littered++
		}
		unlock, err := NewFolder(dir).Lock(t.Context(), "next")
		if err != nil {
			t.Fatal(err)
		}
		if err := unlock(); err != nil {
			t.Fatal(err)
		}
		checkLitter(t, dir)
	}
	if littered == 0 {
		t.Error("no kill left anything to clean: the test does not test")
	}
}

func TestAFullDiskLeavesTheOldFileAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := replace(t.Context(), NewFolder(dir), 0); err != nil {
		t.Fatal(err)
	}
	cmd, lines, complaints := start(t, "full", dir)
	for lines.Scan() {
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the run succeeded")
	}
	if !strings.Contains(complaints.String(), "full") {
		t.Errorf("no word of a full disk: %s", complaints)
	}
	checkWhole(t, dir)
	checkLitter(t, dir)
}

// A folder that may not be written is noticed before any work is done.
func TestAReadOnlyFolderIsFoundOutAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := replace(t.Context(), NewFolder(dir), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o755) }()
	output := runWithoutPrivilege(t, "once", dir)
	if !strings.Contains(output, "permission denied") || !strings.Contains(output, "You may not write here") {
		t.Errorf("the refusal does not say why: %s", output)
	}
	if strings.Contains(output, "\nwrite") {
		t.Error("the run began to write before it found out")
	}
	checkWhole(t, dir)
}

// Twenty runs of one folder take turns.
func TestOneRunAtATime(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			cmd, _, complaints := start(t, "contender", dir)
			if err := cmd.Wait(); err != nil {
				t.Errorf("%v: %s", err, complaints)
			}
		})
	}
	group.Wait()
	checkLitter(t, dir)
}
