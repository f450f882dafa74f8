package disk

import (
	"os"
	"path/filepath"
	"testing"
)

// The lock on a removed file excludes nobody.
func TestALockKnowsThatItsFileIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	lock, err := Lock(path, os.O_CREATE)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if !lock.Current() {
		t.Error("the lock file is there, but not current")
	}
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if lock.Current() {
		t.Error("the lock file is gone, but current")
	}
	if err := os.WriteFile(path, []byte("of the next run"), 0o600); err != nil {
		t.Fatal(err)
	}
	if lock.Current() {
		t.Error("another lock file is there, but this one is current")
	}
	if err := lock.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("Remove removed the lock file of the next run: %v", err)
	}
}
