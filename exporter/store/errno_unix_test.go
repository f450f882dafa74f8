//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestEveryRefusalOfTheSystemHasAHint(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "full", syscall.EDQUOT: "quota", syscall.EFBIG: "ulimit", syscall.EROFS: "read-only",
		syscall.EACCES: "may not write", syscall.EPERM: "may not write", syscall.ENOTDIR: "is a file",
		syscall.ENAMETOOLONG: "shorter", syscall.ENOLCK: "no file locks", syscall.ENOSYS: "no file locks",
	} {
		err := explain(fmt.Errorf("lock: %w", &os.PathError{Op: "open", Path: "out", Err: errno}))
		if !errors.Is(err, errno) || !strings.Contains(exporter.Hint(err), want) {
			t.Errorf("%v: the hint is %q, want %q in it", errno, exporter.Hint(err), want)
		}
	}
	if explain(nil) != nil || explainScratch(nil, "") != nil {
		t.Error("no error became an error")
	}
	const own = "A hint that knows more."
	if got := exporter.Hint(explain(exporter.WithHint(syscall.ENOSPC, own))); got != own {
		t.Errorf("the hint is %q", got)
	}
	if got := exporter.Hint(explainScratch(syscall.ENOSPC, "")); !strings.Contains(got, os.TempDir()) {
		t.Errorf("the hint is %q, without the folder", got)
	}
}
