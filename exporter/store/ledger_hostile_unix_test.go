//go:build unix

package store

import (
	"context"
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

// What stands in the place of a file of the ledger is refused at once, and what a link
// leads to is as it was.
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
	for _, ending := range []string{ledgerText, ledgerLock, ledgerAlive} {
		for kind, put := range kinds {
			t.Run(ending+" is "+kind, func(t *testing.T) {
				dir := t.TempDir()
				victim := filepath.Join(t.TempDir(), "victim")
				precious := strings.Repeat("precious ", 50)
				writeFile(t, victim, precious)
				l := ledgerIn(t, dir, "a")
				path := filepath.Join(dir, "a"+ending)
				if ending == ledgerAlive {
					path = filepath.Join(dir, "a."+l.ID()+ending)
				}
				if err := put(path, victim); err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				err := l.Update(t.Context(), increment)
				if took := time.Since(began); took > time.Second {
					t.Errorf("it took %v", took)
				}
				if !errors.Is(err, private.ErrNotPrivate) || !strings.Contains(err.Error(), path) || exporter.Hint(err) == "" {
					t.Errorf("error %v, hint %q", err, exporter.Hint(err))
				}
				if got, err := os.ReadFile(victim); err != nil || string(got) != precious {
					t.Errorf("the victim holds %q, %v", got, err)
				}
				if _, err := os.Lstat(victim + ".new"); err == nil {
					t.Error("a file was made through the link")
				}
			})
		}
	}
}

// Links among the leftovers of other ledgers hold nobody up.
func TestALedgerSweepsPastLinks(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"old.lock", "older.lock", "old.1-x.alive", "old.ledger"} {
		link(t, filepath.Join(dir, name), filepath.Join(dir, name))
	}
	began := time.Now()
	if err := ledgerIn(t, dir, "a").Update(t.Context(), increment); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestALedgerInAFolderOfAnotherUserIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lemexport")
	link(t, t.TempDir(), dir)
	err := ledgerIn(t, dir, "a").Update(t.Context(), increment)
	if !errors.Is(err, private.ErrNotPrivate) || exporter.Hint(err) == "" {
		t.Errorf("a link: %v", err)
	}
	if err := errors.Join(os.Remove(dir), os.Mkdir(dir, 0o777), os.Chmod(dir, 0o777)); err != nil {
		t.Fatal(err)
	}
	giveAway(t, dir)
	err = ledgerIn(t, dir, "a").Update(t.Context(), increment)
	if os.Geteuid() == 0 && (!errors.Is(err, private.ErrNotPrivate) || exporter.Hint(err) == "") {
		t.Errorf("another user's folder: %v", err)
	}
}

// Whoever removes the lock file again and again, or shows another one each time, holds
// nobody up for longer than the patience of an update.
func TestNoLoopOfALockIsEndless(t *testing.T) {
	dir := t.TempDir()
	l := ledgerIn(t, dir, "a")
	if err := l.Update(t.Context(), increment); err != nil {
		t.Fatal(err)
	}
	lock, err := l.lock(t.Context(), "a", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := l.Update(ctx, increment); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a context that ended: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v to notice the end of the context", took)
	}
	began = time.Now()
	if err := l.Update(t.Context(), increment); !errors.Is(err, os.ErrDeadlineExceeded) || exporter.Hint(err) == "" {
		t.Errorf("a lock that is held: %v", err)
	}
	if took := time.Since(began); took > 5*ledgerPatience {
		t.Errorf("it took %v", took)
	}
}
