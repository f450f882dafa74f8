//go:build unix

package store

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/lemexport/lemexport/exporter"
)

// A pipe at the place of the file would wait for its other end for good.
func TestAPipeIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, dataName), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewFolder(dir).Open(t.Context(), dataName); err == nil || exporter.Hint(err) == "" {
		t.Errorf("Open gave %v", err)
	}
	if _, err := NewFolder(dir).Create(t.Context(), dataName, ""); err == nil || exporter.Hint(err) == "" {
		t.Errorf("Create gave %v", err)
	}
}
