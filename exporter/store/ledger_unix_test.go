//go:build unix

package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// nobody is another user.
const nobody = 65534

// What stands in the place of the file is refused at once, and the target of a link stays
// as it was.
func TestALedgerFollowsNoLinkAndTouchesNoFileOfOthers(t *testing.T) {
	kinds := map[string]func(path, victim string) error{
		"a link":            func(path, victim string) error { return os.Symlink(victim, path) },
		"a link to nothing": func(path, victim string) error { return os.Symlink(victim+".new", path) },
		"a link to itself":  func(path, _ string) error { return os.Symlink(path, path) },
		"a second name":     func(path, victim string) error { return os.Link(victim, path) },
		"a pipe":            func(path, _ string) error { return syscall.Mkfifo(path, 0o600) },
	}
	if os.Geteuid() == 0 {
		kinds["another user's"] = func(path, _ string) error {
			return errors.Join(os.WriteFile(path, nil, 0o666), os.Chown(path, nobody, nobody))
		}
	}
	for kind, put := range kinds {
		t.Run(kind, func(t *testing.T) {
			path, victim := filepath.Join(t.TempDir(), "a.ledger"), filepath.Join(t.TempDir(), "victim")
			if err := errors.Join(os.WriteFile(victim, []byte("precious"), 0o600), put(path, victim)); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err := increment(NewLedger(filepath.Dir(path), "a"))
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %v", took)
			}
			if !errors.Is(err, private.ErrNotPrivate) || !strings.Contains(err.Error(), path) || exporter.Hint(err) == "" {
				t.Errorf("error %v, hint %q", err, exporter.Hint(err))
			}
			if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
				t.Errorf("the victim holds %q, %v", got, err)
			}
			if _, err := os.Lstat(victim + ".new"); err == nil {
				t.Error("a file was made through the link")
			}
		})
	}
}

func TestALedgerInAFolderOfAnotherUserIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lemexport")
	if err := os.Symlink(t.TempDir(), dir); err != nil {
		t.Fatal(err)
	}
	if _, err := increment(NewLedger(dir, "a")); !errors.Is(err, private.ErrNotPrivate) || exporter.Hint(err) == "" {
		t.Errorf("a link: %v", err)
	}
	if os.Geteuid() != 0 {
		return // only root can give a folder away
	}
	if err := errors.Join(os.Remove(dir), os.Mkdir(dir, 0o700), os.Chown(dir, nobody, nobody)); err != nil {
		t.Fatal(err)
	}
	if _, err := increment(NewLedger(dir, "a")); !errors.Is(err, private.ErrNotPrivate) || exporter.Hint(err) == "" {
		t.Errorf("another user's folder: %v", err)
	}
}

func TestALedgerIsForTheUserAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 {
		if _, err := increment(NewLedger(dir, "a")); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{dir, filepath.Join(dir, "a.ledger")} {
			if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: %v, %v", path, info.Mode(), err)
			}
		}
		if err := os.Chmod(dir, 0o755); err != nil { // the second ledger takes it back
			t.Fatal(err)
		}
	}
}

// A folder that may not be written is an error, not a wait.
func TestALedgerInAReadOnlyFolderIsAnError(t *testing.T) {
	if dir := os.Getenv(ledgerFolder); dir != "" {
		if os.Geteuid() == 0 { // whom no permission stops
			if err := syscall.Setuid(nobody); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := increment(NewLedger(dir, "a")); err == nil || !strings.Contains(err.Error(), "permission denied") {
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
