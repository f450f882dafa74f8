package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// Ledger is a short text that the processes of one user on one machine share: a file
// that is locked while a process reads and replaces it, in a folder that nobody else may
// enter. One goroutine may use it at a time. It is the Ledger of package ratelimit.
type Ledger struct {
	dir  string // "" is the user's cache folder
	name string
	path string         // "" before the first use
	lock *disk.FileLock // nil while it is not locked
}

// The bounds of a ledger.
const (
	// ledgerPatience is how long Lock waits for other processes, which need less than a
	// millisecond. One that was stopped could hold the lock forever.
	ledgerPatience = 2 * time.Second
	ledgerPoll     = 500 * time.Microsecond
	ledgerSize     = 1 << 20
	// ledgerKept is how long the file of a ledger stays that nobody changes.
	ledgerKept = 24 * time.Hour
)

// NewLedger is the ledger of a name, which becomes part of a file's name and must not be
// secret. dir "" is lemexport's folder in the user's cache folder. It touches no file yet.
func NewLedger(dir, name string) *Ledger { return &Ledger{dir: dir, name: name} }

// Lock waits until no other process holds the ledger and returns its text, which is empty
// at first. It stops waiting when ctx ends, and after a few seconds. The lock ends with
// the process.
func (l *Ledger) Lock(ctx context.Context) (text []byte, err error) {
	if l.path == "" {
		if l.path, err = l.enter(); err != nil {
			return nil, err
		}
	}
	if l.lock, err = lockSoon(ctx, l.path); err != nil {
		return nil, err
	}
	if text, err = disk.ReadText(l.path, ledgerSize); err != nil {
		return nil, errors.Join(err, l.lock.Close())
	}
	return text, nil
}

// lockSoon waits for a lock that other processes hold for a moment.
func lockSoon(ctx context.Context, path string) (*disk.FileLock, error) {
	late := time.Now().Add(ledgerPatience)
	for {
		lock, err := disk.Lock(path, os.O_CREATE)
		if err != nil || lock != nil {
			return lock, err
		}
		if time.Now().After(late) {
			return nil, exporter.WithHint(&fs.PathError{Op: "lock", Path: path, Err: os.ErrDeadlineExceeded},
				"A stopped process holds it: let it go on, or end it.")
		}
		select {
		case <-ctx.Done():
			return nil, &fs.PathError{Op: "lock", Path: path, Err: context.Cause(ctx)}
		case <-time.After(ledgerPoll):
		}
	}
}

// Unlock replaces the text and lets other processes in. What is left of a longer text
// follows it: writing in place costs a hundredth of a new file.
func (l *Ledger) Unlock(text []byte) error {
	return errors.Join(l.lock.WriteText(text), l.lock.Close())
}

// enter makes the folder, removes what nobody uses any more, and returns the path of the
// file.
func (l *Ledger) enter() (path string, err error) {
	dir := l.dir
	if dir == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(caches, "lemexport")
	}
	if err := private.Folder(dir, nil); err != nil {
		return "", err
	}
	path = filepath.Join(dir, l.name+".ledger")
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if old := filepath.Join(dir, entry.Name()); old != path && unused(entry) {
			// A file that another process holds, or that cannot be removed, stays.
			if lock, err := disk.Lock(old, 0); err == nil && lock != nil {
				_ = lock.Remove()
			}
		}
	}
	return path, err
}

// unused reports whether a file is a ledger, or belongs to one of an earlier version, that
// no run has used for long.
func unused(entry fs.DirEntry) bool {
	endings := []string{".ledger", ".lock", ".alive"}
	if !strings.HasPrefix(entry.Name(), "rate-") || !slices.Contains(endings, filepath.Ext(entry.Name())) {
		return false
	}
	info, err := entry.Info()
	return err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > ledgerKept
}
