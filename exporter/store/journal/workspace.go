// Package journal keeps what a run leaves to the next one: journals in a private folder,
// the workspace. It imports exporter, store/disk and internal/private.
package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store/disk"
	"github.com/lemexport/lemexport/internal/private"
)

// Workspace is a folder that only its owner can read: journals hold responses of the API,
// personal data included.
type Workspace struct{ dir string }

const (
	journalSuffix = ".journal"
	// lockSuffix ends the name of the file that is locked. It is not the journal itself:
	// on Windows, a locked file cannot be written through another handle.
	lockSuffix = ".lock"
	// maxAge is how long a journal is kept that no run continues.
	maxAge = 7 * 24 * time.Hour
)

// NewWorkspace is the workspace in dir. The folder is made when the first journal is
// opened.
func NewWorkspace(dir string) *Workspace { return &Workspace{dir: dir} }

// Journal implements exporter.Workspace. It also removes the journals of other runs that
// no run has continued for a week.
func (w *Workspace) Journal(name string, fresh bool) (exporter.Journal, error) {
	if err := private.Folder(w.dir, isOurs); err != nil {
		return nil, disk.ExplainWrite(err)
	}
	path := filepath.Join(w.dir, name+journalSuffix)
	lock, err := lockJournal(path)
	if err != nil {
		return nil, disk.ExplainWrite(err)
	}
	if lock == nil {
		return nil, exporter.WithHint(fmt.Errorf("%s: %w", path, exporter.ErrBusy),
			"Another run of the same configuration is under way. Wait until it ends, or stop it.")
	}
	file, err := private.Open(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return nil, errors.Join(disk.ExplainWrite(err), lock.Remove())
	}
	j := &journal{dir: w.dir, lock: lock, file: file}
	if fresh {
		err = file.Truncate(0)
	}
	if err := errors.Join(err, w.removeOld(path)); err != nil {
		return nil, errors.Join(disk.ExplainWrite(err), j.Close())
	}
	return j, nil
}

// Look implements exporter.Workspace. It makes no file and no folder.
func (w *Workspace) Look(name string) (exporter.Journal, error) {
	path := filepath.Join(w.dir, name+journalSuffix)
	file, err := private.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, disk.ExplainRead(err)
	}
	if err := checkUnlocked(path); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &readOnly{journal{file: file}}, nil
}

// checkUnlocked returns an error while a run holds the journal. A killed run leaves its
// lock file, which the check removes.
func checkUnlocked(path string) error {
	if _, err := os.Lstat(path + lockSuffix); err != nil {
		return nil //nolint:nilerr // no lock file, no lock
	}
	lock, err := lockJournal(path)
	if err != nil {
		return err
	}
	if lock == nil {
		return fmt.Errorf("%s: %w", path, exporter.ErrBusy)
	}
	return lock.Remove()
}

// isOurs reports whether a file of that name belongs to a workspace.
func isOurs(name string) bool {
	return strings.HasSuffix(name, journalSuffix) || strings.HasSuffix(name, journalSuffix+lockSuffix)
}

// lockTries is how often to try a lock whose file vanishes meanwhile, or which is on a
// file system that shows another file each time.
const lockTries = 3

// lockJournal locks a journal. The lock is nil when another run holds it.
func lockJournal(path string) (lock *disk.FileLock, err error) {
	for range lockTries {
		if lock, err = disk.Lock(path+lockSuffix, os.O_CREATE); lock != nil || err != nil {
			break
		}
	}
	return lock, err
}

// removeOld removes old journals that no run holds, except the one at current.
func (w *Workspace) removeOld(current string) error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(w.dir, entry.Name())
		info, err := entry.Info()
		if err != nil || path == current || !strings.HasSuffix(path, journalSuffix) || !info.Mode().IsRegular() ||
			time.Since(info.ModTime()).Abs() < maxAge {
			continue
		}
		lock, err := lockJournal(path)
		if err != nil {
			return err
		}
		if lock == nil {
			continue
		}
		if err := errors.Join(os.Remove(path), lock.Remove()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
