package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// enter makes the folder, if need be, and the file that says that this process
// runs.
func (l *Ledger) enter() error {
	if l.dir == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		l.dir = filepath.Join(caches, "lemexport")
	}
	if err := private(l.dir); err != nil {
		return err
	}
	l.sweep()
	l.guard, l.text = l.guardOf(l.name), kept{path: l.path(l.name + ledgerText)}
	if err := l.guard.lock(ledgerPatience); err != nil {
		return errors.Join(err, l.guard.close())
	}
	defer func() { _ = l.guard.unlock() }()
	// Within the lock, so that nobody takes the file for one of a dead process
	// before it is locked.
	path := l.path(l.name + "." + l.id + ledgerAlive)
	alive := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	if locked, err := alive.TryLock(); err != nil || !locked {
		err = errors.Join(err, errors.New("no lock on a file of one's own"), l.guard.close())
		return &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	l.alive = alive
	return nil
}

// private makes a folder that only the user may enter, or makes it so.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return &fs.PathError{Op: "open", Path: dir, Err: errors.New("not a folder")}
	case info.Mode().Perm()&0o077 != 0:
		return os.Chmod(dir, 0o700) //nolint:gosec // a folder needs the x
	}
	return nil
}

// sweep removes what killed processes left, and ledgers that nobody has changed
// for long. What cannot be removed stays.
func (l *Ledger) sweep() {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name, isLock := strings.CutSuffix(entry.Name(), ledgerLock)
		if !isLock || !entry.Type().IsRegular() {
			continue
		}
		lock, err := l.lock(name, ledgerPoll)
		if err != nil {
			continue // it is in use
		}
		l.sweepOne(name, entries)
		_ = lock.close()
	}
}

// sweepOne removes files of a ledger, which is locked. Its lock goes last: who
// waited for that finds that the file is gone, and makes a new one.
func (l *Ledger) sweepOne(name string, entries []fs.DirEntry) {
	used := false
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), name+".") && strings.HasSuffix(entry.Name(), ledgerAlive) {
			used = !l.bury(l.path(entry.Name())) || used
		}
	}
	path := l.path(name + ledgerText)
	info, err := os.Stat(path)
	if used || name == l.name || err == nil && time.Since(info.ModTime()) < ledgerKept {
		return
	}
	_ = os.Remove(path)
	_ = os.Remove(l.path(name + ledgerLock))
}
