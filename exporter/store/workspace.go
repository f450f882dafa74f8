package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/private"
)

// Workspace is a folder that only its owner can read: journals hold what the
// API sent, personal data included.
type Workspace struct{ dir string }

const (
	journalEnding = ".journal"
	// lockEnding is of the file that is locked: on Windows a locked file cannot be
	// written through another handle.
	lockEnding = ".lock"
	// journalAge is how long a journal that nobody continues is kept.
	journalAge = 7 * 24 * time.Hour
)

// NewWorkspace is the workspace in dir. The folder is made when it is needed.
func NewWorkspace(dir string) *Workspace { return &Workspace{dir: dir} }

// Journal implements exporter.Workspace. Journals of other runs that nobody has
// continued for a week are removed.
func (w *Workspace) Journal(name string, fresh bool) (exporter.Journal, error) {
	if err := private.Folder(w.dir, isJournal); err != nil {
		return nil, explain(err)
	}
	path := filepath.Join(w.dir, name+journalEnding)
	lock, err := tryJournal(path)
	if err != nil {
		return nil, explain(err)
	}
	if lock == nil {
		return nil, exporter.WithHint(fmt.Errorf("%s: %w", path, exporter.ErrBusy),
			"Another run of the same configuration is under way. Wait until it ends, or stop it.")
	}
	file, err := private.Open(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, errors.Join(explain(err), release(lock))
	}
	j := &journal{dir: w.dir, lock: lock, file: file}
	if fresh {
		err = file.Truncate(0)
	}
	if err := errors.Join(err, w.clean(path)); err != nil {
		return nil, errors.Join(explain(err), j.Close())
	}
	return j, nil
}

// isJournal reports whether a workspace makes files of that name.
func isJournal(name string) bool {
	return strings.HasSuffix(name, journalEnding) || strings.HasSuffix(name, journalEnding+lockEnding)
}

// lockTries is how often the lock of a journal is tried that vanishes meanwhile, or is
// on a file system that shows another file each time.
const lockTries = 3

// tryJournal locks a journal; nil is one that another run holds.
func tryJournal(path string) (lock *fileLock, err error) {
	for range lockTries {
		if lock, err = lockFile(path+lockEnding, os.O_CREATE); lock != nil || err != nil {
			break
		}
	}
	return lock, err
}

// clean removes journals that nobody continues.
func (w *Workspace) clean(but string) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(w.dir, entry.Name())
		info, err := entry.Info()
		if err != nil || path == but || !strings.HasSuffix(path, journalEnding) || !info.Mode().IsRegular() ||
			time.Since(info.ModTime()).Abs() < journalAge {
			continue
		}
		lock, err := tryJournal(path)
		if err != nil {
			return err
		}
		if lock == nil {
			continue
		}
		if err := errors.Join(os.Remove(path), release(lock)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
