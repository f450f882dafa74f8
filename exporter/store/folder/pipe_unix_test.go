//go:build unix

package folder

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// Opening a pipe would wait for its other end forever.
func TestAPipeIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, dataName), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(dir).Open(t.Context(), dataName); err == nil || exporter.Hint(err) == "" {
		t.Errorf("Open gave %v", err)
	}
	if _, err := New(dir).Create(t.Context(), dataName, ""); err == nil || exporter.Hint(err) == "" {
		t.Errorf("Create gave %v", err)
	}
}
