package store

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// fullDisk is a file that every write to fails for want of space. It bears the
// name of another, which is what an upload removes.
func fullDisk(t *testing.T, name string) *os.File {
	t.Helper()
	device, err := syscall.Open("/dev/full", syscall.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(device), name)
}

func TestAFullDiskLeavesTheOldFileAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	put(t, NewFolder(dir), "old")
	begun, err := NewFolder(dir).Create(t.Context(), dataName, "")
	if err != nil {
		t.Fatal(err)
	}
	up := begun.(*upload)
	name := up.file.Name()
	if err := up.file.Close(); err != nil {
		t.Fatal(err)
	}
	up.file = fullDisk(t, name)
	up.buffer = bufio.NewWriter(up.file)
	if _, err := up.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	err = up.Commit(t.Context())
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(exporter.Hint(err), "disk or the quota is full") {
		t.Errorf("error %v, hint %q", err, exporter.Hint(err))
	}
	if got := read(t, NewFolder(dir)); got != "old" {
		t.Errorf("a reader sees %q", got)
	}
	checkLitter(t, dir)
}

// After a write that failed the file has a hole: nothing may be appended or read.
func TestScratchThatFailedOnceStaysFailed(t *testing.T) {
	for name, size := range map[string]int{"in the buffer": 10, "past the buffer": 2 * scratchBuffer} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := &scratchFile{file: fullDisk(t, filepath.Join(dir, "x")), dir: dir}
			_, wrote := file.Write(bytes.Repeat([]byte("x"), size))
			_, read := file.ReadAt(make([]byte, 1), 0)
			_, again := file.Write([]byte("y"))
			if size < scratchBuffer && wrote != nil {
				t.Errorf("a buffered write failed: %v", wrote)
			}
			for _, err := range []error{read, again} {
				if hint := exporter.Hint(err); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(hint, dir) || !strings.Contains(hint, "TMPDIR") {
					t.Errorf("error %v, hint %q", err, hint)
				}
			}
			if err := file.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
