package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// enter makes the folder, if need be, and the file that says that this process
// runs.
func (l *Ledger) enter(ctx context.Context) error {
	if l.dir == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		l.dir = filepath.Join(caches, "lemexport")
	}
	if err := private.Folder(l.dir, nil); err != nil {
		return err
	}
	l.sweep(ctx)
	l.guard, l.text = l.guardOf(l.name), kept{path: l.path(l.name + ledgerText)}
	if err := l.guard.lock(ctx, ledgerPatience); err != nil {
		return errors.Join(err, l.guard.close())
	}
	defer func() { _ = l.guard.unlock() }()
	// Within the lock, so that nobody takes the file for one of a dead process
	// before it is locked.
	path := l.path(l.name + "." + l.id + ledgerAlive)
	alive, err := disk.Lock(path, os.O_CREATE)
	if err == nil && alive == nil {
		err = &fs.PathError{Op: "lock", Path: path, Err: errors.New("another process holds it")}
	}
	if err != nil {
		return errors.Join(err, l.guard.close())
	}
	l.alive = alive
	return nil
}

// sweep removes what killed processes left, and ledgers that nobody has changed
// for long. What cannot be removed stays.
func (l *Ledger) sweep(ctx context.Context) {
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		name, isLock := strings.CutSuffix(entry.Name(), ledgerLock)
		if !isLock || !entry.Type().IsRegular() {
			continue
		}
		lock, err := l.lock(ctx, name, ledgerPoll)
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
	info, err := os.Lstat(path)
	if used || name == l.name || err == nil && time.Since(info.ModTime()) < ledgerKept {
		return
	}
	_ = os.Remove(path)
	_ = os.Remove(l.path(name + ledgerLock))
}
