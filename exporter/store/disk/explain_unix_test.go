//go:build unix

package disk

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

func TestEveryErrorOfTheSystemHasAHint(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.ENOSPC: "full", syscall.EDQUOT: "quota", syscall.EFBIG: "ulimit", syscall.EROFS: "read-only",
		syscall.EACCES: "may not write", syscall.EPERM: "may not write", syscall.ENOTDIR: "is a file",
		syscall.ENAMETOOLONG: "shorter", syscall.ENOLCK: "file locks", syscall.ENOSYS: "file locks",
	} {
		err := ExplainWrite(fmt.Errorf("lock: %w", &os.PathError{Op: "open", Path: "out", Err: errno}))
		if !errors.Is(err, errno) || !strings.Contains(exporter.Hint(err), want) {
			t.Errorf("%v: the hint is %q, want %q in it", errno, exporter.Hint(err), want)
		}
	}
	if ExplainWrite(nil) != nil {
		t.Error("nil became an error")
	}
	const own = "A hint that knows more."
	if got := exporter.Hint(ExplainWrite(exporter.WithHint(syscall.ENOSPC, own))); got != own {
		t.Errorf("the hint is %q", got)
	}
}
