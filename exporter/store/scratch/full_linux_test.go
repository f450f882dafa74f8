package scratch

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// After a failed write the file has a hole: nothing may be appended or read.
func TestScratchThatFailedOnceStaysFailed(t *testing.T) {
	for name, size := range map[string]int{"in the buffer": 10, "past the buffer": 2 * bufferSize} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			device, err := syscall.Open("/dev/full", syscall.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			full := &file{file: os.NewFile(uintptr(device), filepath.Join(dir, "x")), dir: dir}
			_, wrote := full.Write(bytes.Repeat([]byte("x"), size))
			_, read := full.ReadAt(make([]byte, 1), 0)
			_, again := full.Write([]byte("y"))
			if size < bufferSize && wrote != nil {
				t.Errorf("a buffered write failed: %v", wrote)
			}
			for _, err := range []error{read, again} {
				if hint := exporter.Hint(err); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(hint, dir) || !strings.Contains(hint, "TMPDIR") {
					t.Errorf("error %v, hint %q", err, hint)
				}
			}
			if err := full.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
