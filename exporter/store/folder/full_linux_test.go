package folder

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// fullDisk is a file with the given name whose writes fail, as on a full disk.
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
	put(t, New(dir), "old")
	begun, err := New(dir).Create(t.Context(), dataName, "")
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
	if got := read(t, New(dir)); got != "old" {
		t.Errorf("a reader sees %q", got)
	}
	checkLitter(t, dir)
}
