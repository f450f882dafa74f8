//go:build unix

package store

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// A folder that may not be written is an error, not a wait.
func TestALedgerInAReadOnlyFolderIsAnError(t *testing.T) {
	if dir := os.Getenv(ledgerFolder); dir != "" {
		if os.Geteuid() == 0 { // whom no permission stops
			if err := syscall.Setuid(65534); err != nil {
				t.Fatal(err)
			}
		}
		err := NewLedger(dir, "a").Update(t.Context(), increment)
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("error %v", err)
		}
		return
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o700) }()
	cmd, lines := startLedger(t, dir)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}
